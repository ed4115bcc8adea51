#!/bin/bash
# setup.sh: installs the Debian packages that the tests on a real node need and that are missing. As root.
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin

missing=()
need() { command -v "$1" >/dev/null || missing+=("$2"); }
need buildah buildah
need containerd containerd
need runc runc
need iptables iptables
need ip iproute2
need openssl openssl
need tar tar
[ -x /usr/lib/cni/bridge ] || missing+=(containernetworking-plugins)
[ ${#missing[@]} -gt 0 ] || exit 0

command -v apt-get >/dev/null || {
  echo "setup.sh: this machine lacks what comes with Debian's packages ${missing[*]}, and has no apt-get to install them" >&2
  exit 1
}
install() { DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends "${missing[@]}"; }
# A fresh container has no package lists.
{ install || { apt-get update -q && install; }; } >&2
