#!/bin/bash
# mkimage.sh: makes an OCI image archive (for `ctr images import`) from folders,
# with tar and sha256sum alone: no Docker, no registry, no daemon.
#
#   mkimage.sh -t NAME:TAG -o OUT.tar [options] LAYER_DIR...
#
# Each LAYER_DIR is a root file system tree that becomes one layer, the first one
# the lowest. The same folders give the same bytes (sorted, mtime 0, owner root).
#   -t  image name; "localhost/x:1" keeps a missing image from being looked for
#       anywhere but on this machine
#   -e  entrypoint as a JSON array      -e '["/usr/bin/node"]'
#   -c  command as a JSON array         -c '["server.mjs"]'
#   -w  working directory               -w /app
#   -u  user or uid[:gid]               -u 65532:65532
#   -v  environment, may be repeated    -v NODE_ENV=production
#   -s  stop signal (default SIGTERM)
#   -x  keep the owners of the files (default: everything belongs to root)
set -euo pipefail
name= out= entry=null cmd=null wd=/ user= stop=SIGTERM keep= envs='"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"'
while getopts 't:o:e:c:w:u:v:s:x' f; do
  case $f in
    t) name=$OPTARG ;; o) out=$OPTARG ;; e) entry=$OPTARG ;; c) cmd=$OPTARG ;;
    w) wd=$OPTARG ;; u) user=$OPTARG ;; s) stop=$OPTARG ;; x) keep=1 ;;
    v) envs+=",\"${OPTARG//\"/\\\"}\"" ;;
    *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
[ -n "$name" ] && [ -n "$out" ] && [ $# -gt 0 ] || { sed -n '2,19p' "$0" >&2; exit 2; }

case $(uname -m) in x86_64) arch=amd64 ;; aarch64) arch=arm64 ;; *) arch=$(uname -m) ;; esac
tmp=$(mktemp -d "${TMPDIR:-/tmp}/mkimage.XXXXXX"); trap 'rm -rf "$tmp"' EXIT
blobs=$tmp/blobs/sha256; mkdir -p "$blobs"

# put FILE: moves FILE in as a blob; sets $digest and $size.
put() { digest=$(sha256sum "$1" | cut -d' ' -f1); size=$(stat -c %s "$1"); mv "$1" "$blobs/$digest"; }

layers= diffs= history=
for dir in "$@"; do
  owner=(--owner=0 --group=0); [ -n "$keep" ] && owner=()
  tar -C "$dir" --sort=name --mtime=@0 --numeric-owner "${owner[@]}" --format=gnu -cf "$tmp/layer" .
  put "$tmp/layer"
  layers+="${layers:+,}{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar\",\"digest\":\"sha256:$digest\",\"size\":$size}"
  diffs+="${diffs:+,}\"sha256:$digest\""
  history+="${history:+,}{\"created_by\":\"mkimage.sh\"}"   # buildah counts them when it builds on this image
done

cat > "$tmp/config" <<J
{"architecture":"$arch","os":"linux","config":{"User":"$user","Env":[$envs],"Entrypoint":$entry,"Cmd":$cmd,"WorkingDir":"$wd","StopSignal":"$stop"},"rootfs":{"type":"layers","diff_ids":[$diffs]},"history":[$history]}
J
put "$tmp/config"
cat > "$tmp/manifest" <<J
{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:$digest","size":$size},"layers":[$layers]}
J
put "$tmp/manifest"
cat > "$tmp/index.json" <<J
{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:$digest","size":$size,"platform":{"architecture":"$arch","os":"linux"},"annotations":{"io.containerd.image.name":"$name","org.opencontainers.image.ref.name":"$name"}}]}
J
echo '{"imageLayoutVersion":"1.0.0"}' > "$tmp/oci-layout"
mkdir -p "$(dirname "$out")"
tar -C "$tmp" --sort=name --mtime=@0 --owner=0 --group=0 -cf "$out" oci-layout index.json blobs
echo "$out: $name sha256:$digest $(stat -c %s "$out") bytes"
