#!/bin/bash
# up.sh: starts a real single-node Kubernetes cluster; ends when the node is Ready and cluster DNS answers. Running it again
# while the node is up changes nothing. down.sh undoes everything. setup.sh and single-node.ts bring what it needs.
#
# The whole node (etcd, kube-apiserver, kube-controller-manager, kube-scheduler, containerd, kubelet, kube-proxy, CoreDNS and
# every pod) lives in its own network, mount, PID, UTS and IPC namespaces, the way `kind` keeps a node in a container:
#   * its bridge, addresses, routes and iptables rules never touch the machine's;
#   * the network is sealed: no link to the outside, so nothing can leave or come in;
#   * /run, /var/lib and /var/log are its own; mounts vanish with the namespaces;
#   * ending its first process ends every process and pod in it.
# What does reach the machine: cgroups under <controller>/$NAME (removed by down.sh) and a few kernel sysctls that kubelet
# sets (saved here, put back by down.sh).
#
# in.sh COMMAND... runs a command in the node's network (kubectl, helm, a test).
set -euo pipefail

NAME=${NODE_NAME:-sealpost-node}
N=${NODE_HOME:?the folder of the images}    # and of in.sh
S=$N/state                                  # everything made at run time; down.sh removes it
export PATH=$PATH:/usr/sbin:/sbin           # etcd, kube-apiserver and the others are on it too
IP=10.244.0.1                               # the node: address of the bridge cni0, gateway of the pods
POD_CIDR=10.244.0.0/24
SVC_CIDR=10.96.0.0/16
API=17443 ETCD=17379 ETCD_PEER=17380
CNI_BIN=/usr/lib/cni                        # of Debian's containernetworking-plugins
WAIT=${WAIT:-120}                           # seconds to wait for the node
SYSCTLS="vm.overcommit_memory vm.panic_on_oom kernel.panic kernel.panic_on_oops kernel.keys.root_maxkeys kernel.keys.root_maxbytes"

now() { date +%s.%N; }
say() { printf '%6.1f s  %s\n' "$(awk "BEGIN{print $(now)-$T0}")" "$*"; }
die() { echo "up.sh: $*" >&2; exit 1; }

# ---------------------------------------------------------------- inside the namespaces
if [ "${1:-}" = --inside ]; then
  set +e
  hostname "$NAME"
  # Mounts: nothing propagates out (unshare made all of it private); inside, everything
  # is shared, which kubelet's volumes need.
  mount -n --make-rshared /
  mount -n -t tmpfs -o mode=755 tmpfs /run     # containerd's shim sockets, CNI's netns files, xtables.lock
  mount -n --bind "$S/var-lib" /var/lib        # kubelet's root directory and its fixed sockets
  mount -n --bind "$S/var-log" /var/log        # /var/log/pods, /var/log/containers
  mount -n --bind "$S/etc/resolv.conf" /etc/resolv.conf

  # Network: one bridge. The node's own address is the bridge's.
  ip link set lo up
  ip link add cni0 address 02:00:0a:f4:00:01 type bridge   # a fixed address, or it changes with each pod
  ip addr add "$IP/24" dev cni0
  ip link set cni0 up
  ip route add "$SVC_CIDR" dev cni0         # OUTPUT's NAT needs some route to Service addresses first
  for k in net.ipv4.ip_forward net.bridge.bridge-nf-call-iptables; do sysctl -qw $k=1; done

  # keep NAME COMMAND...: runs a component and starts it again if it ends.
  keep() {
    local n=$1; shift
    ( while :; do
        "$@" >>"$S/log/$n.log" 2>&1; rc=$?
        echo "$(date -Is) $n ended with $rc; starting it again" >>"$S/log/restarts.log"
        sleep 1
      done ) &
  }
  keep etcd etcd --data-dir "$S/etcd" --unsafe-no-fsync --log-level warn \
    --listen-client-urls "http://127.0.0.1:$ETCD" --advertise-client-urls "http://127.0.0.1:$ETCD" \
    --listen-peer-urls "http://127.0.0.1:$ETCD_PEER" --initial-advertise-peer-urls "http://127.0.0.1:$ETCD_PEER" \
    --initial-cluster "default=http://127.0.0.1:$ETCD_PEER"
  keep containerd containerd --config "$S/etc/containerd.toml"
  keep kube-apiserver kube-apiserver --etcd-servers "http://127.0.0.1:$ETCD" \
    --bind-address 0.0.0.0 --advertise-address "$IP" --secure-port $API --cert-dir "$S/pki" \
    --tls-cert-file "$S/pki/server.crt" --tls-private-key-file "$S/pki/server.key" \
    --client-ca-file "$S/pki/ca.crt" --token-auth-file "$S/pki/tokens.csv" \
    --authorization-mode Node,RBAC --allow-privileged=true \
    --service-cluster-ip-range "$SVC_CIDR" \
    --service-account-issuer https://kubernetes.default.svc.cluster.local \
    --service-account-key-file "$S/pki/sa.key" --service-account-signing-key-file "$S/pki/sa.key" \
    --kubelet-client-certificate "$S/pki/admin.crt" --kubelet-client-key "$S/pki/admin.key" \
    --kubelet-preferred-address-types InternalIP
  until ctr -a "$S/containerd.sock" version >/dev/null 2>&1; do sleep 0.2; done
  ctr -a "$S/containerd.sock" -n k8s.io images import "$N/images/pause.tar" >>"$S/log/import.log" 2>&1
  until kubectl --kubeconfig "$S/kubeconfig" get --raw /readyz >/dev/null 2>&1; do sleep 0.2; done
  keep kube-controller-manager kube-controller-manager --kubeconfig "$S/kubeconfig" --leader-elect=false \
    --service-account-private-key-file "$S/pki/sa.key" --root-ca-file "$S/pki/ca.crt" \
    --cluster-signing-cert-file "$S/pki/ca.crt" --cluster-signing-key-file "$S/pki/ca.key" --cert-dir "$S/pki" \
    --flex-volume-plugin-dir /var/lib/kubelet/volume-plugins
  keep kube-scheduler kube-scheduler --kubeconfig "$S/kubeconfig" --leader-elect=false --cert-dir "$S/pki"
  keep kubelet kubelet --config "$S/etc/kubelet.yaml" --kubeconfig "$S/kubeconfig" \
    --hostname-override "$NAME" --node-ip "$IP"
  keep kube-proxy kube-proxy --config "$S/etc/kube-proxy.yaml"
  keep coredns coredns -conf "$S/etc/Corefile"
  wait                                      # and reap, as the first process of this PID namespace
  exit
fi

# ---------------------------------------------------------------- outside
T0=$(now)
[ "$(id -u)" = 0 ] || die "must be root"
for c in etcd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl coredns \
         containerd ctr runc iptables ip unshare nsenter openssl; do
  command -v $c >/dev/null || die "no $c on PATH (setup.sh installs Debian's packages, single-node.ts builds the rest)"
done
[ -x "$CNI_BIN/bridge" ] || die "no CNI plugins in $CNI_BIN (setup.sh installs them)"
[ -f "$N/images/pause.tar" ] || die "no $N/images/pause.tar (images.sh makes it)"

running() { [ -f "$S/node.pid" ] && [ -d "/proc/$(cat "$S/node.pid")" ] && grep -qz -- --inside "/proc/$(cat "$S/node.pid")/cmdline"; }

if ! running; then
  [ ! -e "$S" ] || die "$S is left from an earlier node: run down.sh first"
  mkdir -p "$S"/{etc/cni,pki,log,var-lib/kubelet,var-log,containerd}
  for k in $SYSCTLS; do echo "$k=$(sysctl -n $k)"; done >"$S/sysctl.saved"

  # cgroup v1: kubelet wants its root cgroup in every controller, cpuset with values in it.
  for d in /sys/fs/cgroup/*/; do mkdir -p "$d$NAME" 2>/dev/null || true; done
  if [ -d "/sys/fs/cgroup/cpuset/$NAME" ]; then
    for f in cpus mems; do cat /sys/fs/cgroup/cpuset/cpuset.$f >"/sys/fs/cgroup/cpuset/$NAME/cpuset.$f"; done
  fi

  # Certificates: one CA; a server certificate (API server and kubelet); a client one
  # with which the API server calls kubelet (logs, exec, port-forward).
  ( cd "$S/pki"
    q() { openssl "$@" 2>/dev/null; }
    q ecparam -name prime256v1 -genkey -noout -out ca.key
    q req -x509 -new -key ca.key -subj /CN=$NAME-ca -days 365 -out ca.crt \
      -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign,digitalSignature
    cert() { # NAME SUBJECT EXTENSIONS
      q ecparam -name prime256v1 -genkey -noout -out $1.key
      q req -new -key $1.key -subj "$2" -out $1.csr
      q x509 -req -in $1.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 365 -out $1.crt -extfile <(printf "$3")
    }
    cert server /CN=kube-apiserver "subjectAltName=IP:127.0.0.1,IP:$IP,IP:${SVC_CIDR%.*}.1,DNS:localhost,DNS:$NAME,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local\nextendedKeyUsage=serverAuth\n"
    cert admin /O=system:masters/CN=admin "extendedKeyUsage=clientAuth\n"
    q genrsa -out sa.key 2048
    token=$(openssl rand -hex 16)
    echo "$token,admin,admin,\"system:masters\"" >tokens.csv
    cat >"$S/kubeconfig" <<J
apiVersion: v1
kind: Config
clusters: [{name: $NAME, cluster: {server: "https://$IP:$API", certificate-authority-data: "$(base64 -w0 ca.crt)"}}]
users: [{name: admin, user: {token: "$token"}}]
contexts: [{name: $NAME, context: {cluster: $NAME, user: admin}}]
current-context: $NAME
J
    chmod 600 "$S/kubeconfig" tokens.csv ./*.key )

  cat >"$S/etc/resolv.conf" <<J
nameserver $IP
search default.svc.cluster.local svc.cluster.local cluster.local
options ndots:5
J
  echo "nameserver $IP" >"$S/etc/resolv-pod.conf"
  cat >"$S/etc/containerd.toml" <<J
version = 2
root = "$S/containerd"
state = "/run/containerd"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing"]
[grpc]
  address = "$S/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "$S/containerd-opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  stream_server_address = "127.0.0.1"
  # This machine's root lacks CAP_SYS_RESOURCE, so no oom_score_adj can be lowered: without
  # this, runc fails with "can't get final child's PID from pipe: EOF".
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "$CNI_BIN"
    conf_dir = "$S/etc/cni"
J
  cat >"$S/etc/cni/10-bridge.conflist" <<J
{"cniVersion": "1.0.0", "name": "$NAME", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": false, "hairpinMode": true,
   "ipam": {"type": "host-local", "dataDir": "/run/cni-ipam", "routes": [{"dst": "0.0.0.0/0"}],
            "ranges": [[{"subnet": "$POD_CIDR", "rangeStart": "${IP%.*}.10"}]]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
J
  cat >"$S/etc/kubelet.yaml" <<J
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
failCgroupV1: false
cgroupDriver: cgroupfs
cgroupRoot: /$NAME
failSwapOn: false
oomScoreAdj: 0
containerRuntimeEndpoint: unix://$S/containerd.sock
volumePluginDir: /var/lib/kubelet/volume-plugins
clusterDNS: [$IP]
clusterDomain: cluster.local
resolvConf: $S/etc/resolv-pod.conf
tlsCertFile: $S/pki/server.crt
tlsPrivateKeyFile: $S/pki/server.key
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $S/pki/ca.crt}}
authorization: {mode: Webhook}
# The machine's disk is shared with other work: no image clean-up and no eviction for it.
imageGCHighThresholdPercent: 100
# What a receiver got is read in its log, whole.
containerLogMaxSize: 200Mi
evictionHard: {memory.available: 200Mi, nodefs.available: "0%", nodefs.inodesFree: "0%", imagefs.available: "0%", imagefs.inodesFree: "0%"}
J
  cat >"$S/etc/kube-proxy.yaml" <<J
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
hostnameOverride: $NAME
oomScoreAdj: 0
clusterCIDR: $POD_CIDR
clientConnection: {kubeconfig: $S/kubeconfig}
# net.netfilter.nf_conntrack_max is read-only in a network namespace: leave conntrack as it is.
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
J
  cat >"$S/etc/Corefile" <<J
cluster.local in-addr.arpa {
    bind $IP
    errors
    ready 127.0.0.1:18181
    kubernetes {
        kubeconfig $S/kubeconfig
        pods insecure
        ttl 5
    }
}
# Any other name: "no such name" at once, as nothing outside can be reached. (A block of its own:
# in one block the template plugin would answer before the kubernetes plugin.)
. {
    bind $IP
    template ANY ANY . {
        rcode NXDOMAIN
    }
}
J
  cat >"$N/in.sh" <<J
#!/bin/bash
# in.sh COMMAND...: runs a command in the node's network, with cluster DNS and KUBECONFIG.
# Files, processes and signals stay the machine's own (no fork in between).
# (Caches and helm's files go with the node too: kubectl's cache of one cluster would mislead the next.)
export KUBECONFIG=$S/kubeconfig KUBECACHEDIR=$S/home/kube HELM_CACHE_HOME=$S/home/helm HELM_CONFIG_HOME=$S/home/helm HELM_DATA_HOME=$S/home/helm
export PATH=$PATH
exec nsenter --net="/proc/\$(cat $S/node.pid)/ns/net" \\
  unshare --mount --propagation private bash -c 'mount -n --bind $S/etc/resolv.conf /etc/resolv.conf && exec "\$@"' in "\$@"
J
  chmod +x "$N/in.sh"

  NODE_NAME=$NAME NODE_HOME=$N setsid unshare --mount --pid --net --uts --ipc --fork --kill-child --mount-proc --propagation private \
    bash "$0" --inside >"$S/log/node.log" 2>&1 </dev/null &
  for _ in $(seq 50); do p=$(pgrep -P $! || true); [ -n "$p" ] && break; sleep 0.1; done
  [ -n "$p" ] || die "could not make the namespaces: $(cat "$S/log/node.log")"
  echo "$p" >"$S/node.pid"                  # its first process, as seen from outside
  say "namespaces, files and certificates made"
fi

until_ok() { # WHAT COMMAND...: waits until COMMAND succeeds
  local what=$1; shift
  until "$@" >/dev/null 2>&1; do
    running || die "the node ended; see $S/log"
    [ "$(date +%s)" -lt $((${T0%.*} + WAIT)) ] || die "no $what after $WAIT s; see $S/log"
    sleep 0.25
  done
  say "$what"
}
node_ready() { [ "$("$N/in.sh" kubectl get node "$NAME" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}')" = True ]; }
until_ok "API server ready" "$N/in.sh" kubectl get --raw /readyz
until_ok "node $NAME Ready" node_ready
until_ok "default service account there" "$N/in.sh" kubectl get serviceaccount default
until_ok "cluster DNS answers" "$N/in.sh" getent hosts kubernetes.default.svc.cluster.local
for f in "$N"/images/*.tar; do
  ctr -a "$S/containerd.sock" -n k8s.io images import --snapshotter overlayfs "$f" >>"$S/log/import.log" || die "cannot import $f"
done
say "images imported"
