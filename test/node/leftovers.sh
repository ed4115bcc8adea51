#!/bin/bash
# leftovers.sh: what the machine looks like outside the node, as far as a node could change it; compare before and after.
# Other tests may run meanwhile: of processes and cgroups, only those of a node are shown.
export PATH=$PATH:/usr/sbin:/sbin
echo "# mounts"
cut -d' ' -f5 /proc/self/mountinfo | sort
echo "# links"
ip -br link | awk '{print $1}'
echo "# routes"
ip route
echo "# rules"
iptables-save 2>/dev/null | grep -v '^#'
echo "# network namespaces"
ls /run/netns 2>/dev/null
echo "# cgroups"
find /sys/fs/cgroup -maxdepth 2 -type d -name 'sealpost-node*'
echo "# sysctls"
sysctl vm.overcommit_memory vm.panic_on_oom kernel.panic kernel.panic_on_oops kernel.keys.root_maxkeys \
  kernel.keys.root_maxbytes net.ipv4.ip_forward
echo "# processes"
pgrep -fl "^[^ ]*(containerd|runc|kubelet|kube-proxy|kube-scheduler|coredns|pause)|$NODE_HOME/state" | grep -v leftovers.sh
echo "# files"
ls -d /run/{containerd,runc,cni*} /etc/kubernetes /usr/libexec/kubernetes /var/lib/{kubelet,cni} \
  /var/log/{pods,containers} "$NODE_HOME/state" "$HOME/.kube/cache/discovery" 2>/dev/null
exit 0
