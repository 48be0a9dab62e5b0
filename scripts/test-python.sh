#!/usr/bin/env bash
# Runs the Secret Server stand-in against the vendor's own Python client, over HTTP and over HTTPS.
# Needs Python 3 with venv, and a package index for python-tss-sdk. `npm run build` must have run before.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
node="$root/node_modules/.bin/node"
[ -x "$node" ] || node=node
work="$(mktemp -d)"
emulators=""

finish() {
  if [ -n "$emulators" ]; then
    kill "$emulators" 2>/dev/null || true
    wait "$emulators" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap finish EXIT

[ -f "$root/dist/emulators/main.js" ] || { echo "The stand-ins are not built. Run 'npm run build' first." >&2; exit 2; }
command -v python3 >/dev/null || { echo "python3 is missing: install Python 3 with its venv module." >&2; exit 2; }

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check 'python-tss-sdk==2.0.1'

"$node" "$root/dist/emulators/main.js" --json --demo --data-dir "$work/data" --port 0 >"$work/ready.json" 2>"$work/errors.txt" &
emulators=$!
for _ in $(seq 1 300); do
  [ -s "$work/ready.json" ] && break
  kill -0 "$emulators" 2>/dev/null || { cat "$work/errors.txt" >&2; exit 1; }
  sleep 0.1
done

member() {
  "$work/venv/bin/python" -c '
import json, sys
value = json.load(open(sys.argv[1]))
for name in sys.argv[2].split("."):
    value = value[name]
print(value)' "$work/ready.json" "$1"
}

SECRET_SERVER_USERNAME="$(member secretServer.username)"
SECRET_SERVER_PASSWORD="$(member secretServer.password)"
CONTROL_URL="$(member control.url)"
export SECRET_SERVER_USERNAME SECRET_SERVER_PASSWORD CONTROL_URL

status=0
for url in secretServer.httpUrl secretServer.url; do
  echo "python-tss-sdk 2.0.1 on $url"
  SECRET_SERVER_URL="$(member "$url")" REQUESTS_CA_BUNDLE="$(member caFile)" \
    "$work/venv/bin/python" -W ignore::DeprecationWarning "$root/test/python/secret_server_sdk.py" || status=1
done
exit "$status"
