#!/bin/sh
# Makes the database on the first start, then becomes the server: what the trial of the chart expects of its image.
set -e
D=${PGDATA:-/data/pgdata}
if [ ! -f "$D/PG_VERSION" ]; then
  initdb -D "$D" -U "$POSTGRES_USER" -E UTF8 --locale=C --auth-host=scram-sha-256 --auth-local=trust \
    --pwfile=/dev/stdin >/dev/null <<END
$POSTGRES_PASSWORD
END
  echo 'host all all all scram-sha-256' >>"$D/pg_hba.conf"
  echo "create database \"${POSTGRES_DB:-$POSTGRES_USER}\";" | postgres --single -D "$D" postgres >/dev/null
fi
exec postgres -D "$D" -c listen_addresses='*' "$@"
