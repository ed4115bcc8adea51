#!/bin/bash
# images.sh: makes the images of the tests, from this machine's own programs, into $NODE_HOME/images; no registry is asked.
# The product's image is built by its own Dockerfile. What is there already and made of the same is left alone.
#
#   NODE_PROGRAM     a Node 24
#   NPM_FOLDER       the package npm, laid out as npm installs itself
#   NATS_SERVER      the program
#   POSTGRES_FOLDER  bin, lib and share of a Postgres
#   PAUSE            the first program of every pod
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
mkroot=$root/deploy/mkroot.sh mkimage=$here/mkimage.sh
out=$NODE_HOME/images work=$NODE_HOME/work
mkdir -p "$out" "$NODE_HOME/base"
rm -rf "$work"
trap 'rm -rf "$work"' EXIT

# stale TAR SOURCE...: whether TAR is missing or was made of other programs or by another version of these scripts. Notes
# what it is made of; whoever fails removes the note with the folder.
stale() {
  local tar=$1 key
  shift
  key=$({
    cat "$mkroot" "$mkimage" "${BASH_SOURCE[0]}"
    stat -L -c '%n %s %Y' "$@"
  } | sha256sum)
  [ ! -f "$tar" ] || [ "$(cat "$tar.key" 2>/dev/null)" != "$key" ] || return 1
  rm -f "$tar"
  echo "$key" >"$tar.key"
}

if stale "$out/pause.tar" "$PAUSE"; then
  install -D "$PAUSE" "$work/pause/pause"
  "$mkimage" -t localhost/pause:1 -e '["/pause"]' -u 65535:65535 -o "$out/pause.tar" "$work/pause"
fi

if stale "$out/nats.tar" "$NATS_SERVER"; then
  "$mkroot" "$work/nats" "$NATS_SERVER=/nats-server"
  "$mkimage" -t localhost/nats:2 -e '["/nats-server"]' -u 1000:1000 -o "$out/nats.tar" "$work/nats"
fi

# As the official image behaves, as far as the chart knows it: POSTGRES_USER, POSTGRES_DB, POSTGRES_PASSWORD, PGDATA.
if stale "$out/postgres.tar" "$POSTGRES_FOLDER/bin/postgres"; then
  "$mkroot" "$work/postgres" /bin/dash=/bin/sh /bin/cat
  mkdir -p "$work/postgres/usr/local" "$work/postgres/var/run/postgresql" "$work/postgres/data"
  cp -a "$POSTGRES_FOLDER" "$work/postgres/usr/local/pgsql"
  # The libraries that its programs bring along need some of this machine's.
  ldd "$POSTGRES_FOLDER"/bin/* "$POSTGRES_FOLDER"/lib/*.so* 2>/dev/null | grep -oE '=> /[^ ]+' | cut -c4- | sort -u |
    while read -r library; do
      case $library in "$POSTGRES_FOLDER"/*) ;; *) "$mkroot" "$work/postgres" "$library" ;; esac
    done
  chmod 1777 "$work/postgres/var/run/postgresql" "$work/postgres/data"
  # initdb refuses a user without a name.
  echo 'postgres:x:999:999:postgres:/data:/sbin/nologin' >>"$work/postgres/etc/passwd"
  install -m 755 "$here/postgres-entry.sh" "$work/postgres/entry.sh"
  "$mkimage" -t localhost/postgres:18 -e '["/entry.sh"]' -u 999:999 -s SIGINT \
    -v PATH=/usr/local/pgsql/bin:/bin -o "$out/postgres.tar" "$work/postgres"
fi

# What stands in for the Dockerfile's public base: Node with npm, a shell and the tools that mkroot.sh uses.
if stale "$NODE_HOME/base/node.tar" "$NODE_PROGRAM" "$NPM_FOLDER/package.json"; then
  "$mkroot" "$work/base" "$NODE_PROGRAM=/usr/local/bin/node" /bin/bash /bin/dash=/bin/sh \
    /usr/bin/{cat,chmod,env,find,grep,head,install,ldd,ls,mkdir,readlink,rm,stat}
  mkdir -p "$work/base/usr/local/lib/node_modules" "$work/base/root" "$work/base/etc/ssl/certs"
  cp -aL "$NPM_FOLDER" "$work/base/usr/local/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$work/base/usr/local/bin/npm"
  [ ! -f /etc/ssl/certs/ca-certificates.crt ] || cp -L /etc/ssl/certs/ca-certificates.crt "$work/base/etc/ssl/certs/"
  "$mkimage" -t localhost/node-base:24 -o "$NODE_HOME/base/node.tar" "$work/base"
fi

# With layers kept, so that after a change of code only what follows it is built: 17 s, after a change of packages 3 min.
build() { buildah --storage-driver overlay --root "$NODE_HOME/buildah/root" --runroot "$NODE_HOME/buildah/run" "$@"; }
base=$(sha256sum "$NODE_HOME/base/node.tar")
if [ "$(cat "$NODE_HOME/base/pulled" 2>/dev/null)" != "$base" ]; then
  build pull --quiet "oci-archive:$NODE_HOME/base/node.tar" >/dev/null
  echo "$base" >"$NODE_HOME/base/pulled"
fi
# Packages come from where this user gets them; the build does not see NODE_EXTRA_CA_CERTS.
{
  cat ~/.npmrc 2>/dev/null || true
  printf '\nregistry=%s\n' "$(npm config get registry)"
  [ ! -f /etc/ssl/certs/ca-certificates.crt ] || echo "cafile=/etc/ssl/certs/ca-certificates.crt"
} >"$NODE_HOME/base/npmrc"
build bud --isolation chroot --network host --layers --build-arg BASE=localhost/node-base:24 \
  --volume "$NODE_HOME/base/npmrc:/root/.npmrc:ro" --volume "$(npm config get cache):/root/.npm" \
  --build-arg "REVISION=$(git -C "$root" rev-parse HEAD 2>/dev/null || echo unknown)" \
  --file "$root/deploy/Dockerfile" --tag localhost/sealpost:test "$root"
built=$(build images --quiet --no-trunc localhost/sealpost:test)
if [ ! -f "$out/sealpost.tar" ] || [ "$(cat "$out/sealpost.tar.key" 2>/dev/null)" != "$built" ]; then
  rm -f "$out/sealpost.tar"
  # Of an oci-archive, containerd would not find the name.
  build push --quiet localhost/sealpost:test "docker-archive:$out/sealpost.tar:localhost/sealpost:test" >/dev/null
  echo "$built" >"$out/sealpost.tar.key"
fi
# Every build leaves layers that the next one may use. They go, all at once, when there are many.
[ "$(build images --all --quiet | wc -l)" -lt 300 ] || build rmi --prune >/dev/null 2>&1 || true
