#!/usr/bin/env bash
# Does what the Dockerfile does, without a container engine: its RUN steps in an empty folder as a plain user, then the
# program on a read-only tree, up to the health command. Needs Node with npm, and the package registry.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
work="$(mktemp -d)"
server=""

finish() {
  [ -z "$server" ] || { kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; }
  chmod -R u+w "$work"
  rm -rf "$work"
}
trap finish EXIT

# Root would write to a read-only tree all the same.
as_user=()
if [ "$(id -u)" = 0 ]; then as_user=(setpriv --reuid 65534 --regid 65534 --clear-groups); fi
# Replaces the shell that runs it, so that a process in the background has the number that is killed at the end.
enter_image() { cd "$work/app" && exec env HOME="$work/home" npm_config_cache="$work/home/npm" "$@"; }
in_image() { (enter_image "$@"); }

mkdir -p "$work/app" "$work/home"
(cd "$root" && git ls-files -z --cached --others --exclude-standard) |
  (cd "$root" && xargs -0 sh -c 'for file; do [ ! -e "$file" ] || printf "%s\0" "$file"; done' sh) |
  tar -C "$root" --null -T - -cf - | tar -C "$work/app" -xf -
chmod 755 "$work"
[ ${#as_user[@]} -eq 0 ] || chown -R 65534:65534 "$work/app" "$work/home"

sed -n 's/^RUN //p' "$root/Dockerfile" | while read -r step; do
  echo "RUN $step"
  in_image "${as_user[@]}" sh -c "$step"
done

chmod -R a-w "$work/app"
if in_image "${as_user[@]}" touch "$work/app/dist/written" 2>/dev/null; then
  echo 'The tree is not read-only.' >&2
  exit 1
fi

# The image has Node 24; here it comes from the npm package of that name.
node="$work/app/node_modules/.bin/node"
in_image "${as_user[@]}" "$node" dist/client/cli/main.js --version

config="$work/home/ssakv.yaml"
port=$("$node" -e 'const s=require("node:net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})')
head -c 48 /dev/urandom | base64 -w0 >"$work/home/installation.key"
cat >"$config" <<YAML
installation: { id: image, key: { file: installation.key } }
ledger: { url: 'postgres://ssakv@127.0.0.1:1/ssakv' }
temporal: { address: '127.0.0.1:1' }
listeners: { operators: { port: $port }, metrics: { port: 0 }, worker_metrics: { port: 0 } }
YAML
chmod a+r "$config" "$work/home/installation.key"

enter_image "${as_user[@]}" "$node" dist/client/cli/main.js http --config "$config" &
server=$!
for _ in $(seq 1 60); do
  if in_image "${as_user[@]}" "$node" dist/client/cli/main.js health "http://127.0.0.1:$port/healthz" 2>/dev/null; then
    echo 'The image steps work.'
    exit 0
  fi
  sleep 0.5
done
echo 'The health command never said ok.' >&2
exit 1
