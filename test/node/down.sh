#!/bin/bash
# down.sh: ends the node that up.sh started and removes all it made. Safe to run when nothing runs, and more than once, and
# after the machine was switched off with a node on it. Images stay.
set -uo pipefail

NAME=${NODE_NAME:-sealpost-node}
N=${NODE_HOME:?the folder of the images}
S=$N/state

# 1. Every process. The first process of the PID namespace takes all others with it (pods too),
#    and with the last one go the mounts, interfaces, routes and iptables rules.
if [ -f "$S/node.pid" ]; then
  p=$(cat "$S/node.pid")
  if grep -qz -- --inside "/proc/$p/cmdline" 2>/dev/null; then
    parent=$(awk '/^PPid:/{print $2}' "/proc/$p/status")          # unshare, which ends with it
    kill -9 "$p"
    for _ in $(seq 100); do [ -d "/proc/$p" ] || { [ "$(cat "/proc/$parent/comm" 2>/dev/null)" != unshare ] && break; }; sleep 0.1; done
  fi
fi

# 2. Its cgroups, the deepest first. (A dying process may hold one for a moment: try again.)
for _ in $(seq 50); do
  left=
  for d in /sys/fs/cgroup/*/"$NAME"; do
    [ -d "$d" ] || continue
    find "$d" -depth -type d -exec rmdir {} + 2>/dev/null
    [ -d "$d" ] && left=1
  done
  [ -z "$left" ] && break
  sleep 0.1
done
[ -z "$left" ] || echo "down.sh: cgroups are left under /sys/fs/cgroup/*/$NAME" >&2

# 3. The sysctls that kubelet changed.
[ -f "$S/sysctl.saved" ] && sysctl -qp "$S/sysctl.saved"

# 4. Its files (only if no mount is left under them).
if grep -q " $S/" /proc/self/mountinfo; then
  echo "down.sh: mounts are left under $S" >&2; exit 1
fi
rm -rf "$S" "$N/in.sh"
[ -z "$left" ]
