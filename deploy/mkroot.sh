#!/bin/bash
# mkroot.sh DIR FILE[=PATH]...: makes DIR a minimal root file system: each FILE is put at PATH (or its own place), and for
# a dynamic ELF file also every shared library it needs (ldd). Adds a user, name resolution and /tmp; of Debian's packages
# that are in it, the records by which scanners know their versions. No shell, no package manager.
set -euo pipefail

root=$1
shift
mkdir -p "$root"/{dev,etc,proc,run,sys,tmp,var/lib/dpkg/status.d}
chmod 1777 "$root/tmp"
cat >"$root/etc/passwd" <<'END'
root:x:0:0:root:/root:/sbin/nologin
nobody:x:65534:65534:nobody:/:/sbin/nologin
sealpost:x:65532:65532:sealpost:/tmp:/sbin/nologin
END
printf 'root:x:0:\nnogroup:x:65534:\nsealpost:x:65532:\n' >"$root/etc/group"
# Before the name servers, what Kubernetes writes into /etc/hosts (hostAliases).
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"

# put FILE PATH: copies FILE as it is behind its links, and notes whose it is.
put() {
  [ ! -e "$root$2" ] || return 0
  local file owner
  file=$(readlink -f "$1")
  install -D -m "$(stat -c %a "$file")" "$file" "$root$2"
  command -v dpkg-query >/dev/null || return 0
  # Debian knows some files by their place before /lib and /bin became links.
  owner=$(dpkg-query --search "/usr${file#/usr}" 2>/dev/null || dpkg-query --search "${file#/usr}" 2>/dev/null) || return 0
  owner=${owner%%:*}
  dpkg-query --status "$owner" >"$root/var/lib/dpkg/status.d/$owner"
}

for pair in "$@"; do
  source=${pair%%=*}
  put "$source" "${pair#*=}"
  # Not every file has libraries: a script, a static program.
  for library in $(ldd "$source" 2>/dev/null | grep -oE '/[^ ]+' || true); do put "$library" "$library"; done
done
