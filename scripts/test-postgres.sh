#!/bin/sh
# Runs the ledger's tests on a private PostgreSQL: `scripts/test-postgres.sh [jest arguments]`.
# Installs Debian's package when there is none and we are root. The cluster lives in a temporary folder and is removed.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/node_modules/.bin:$PATH"

find_binaries() {
  for directory in "$(pg_config --bindir 2>/dev/null || true)" $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV) \
    "$(dirname "$(command -v postgres || echo /)")"; do
    if [ -x "$directory/initdb" ] && [ -x "$directory/postgres" ]; then
      echo "$directory"
      return
    fi
  done
}

binaries=$(find_binaries)
if [ -z "$binaries" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo 'Installing PostgreSQL.'
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >/dev/null
  binaries=$(find_binaries)
fi
if [ -z "$binaries" ]; then
  echo 'There is no PostgreSQL here. Install the package "postgresql" (15 or newer) and run this again.' >&2
  exit 1
fi

directory=$(mktemp -d)
port=$(node -e 'const s=require("node:net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})')
server=

# PostgreSQL refuses to run as root. A variable and not a function, so that $! below is PostgreSQL itself.
as_postgres=
[ "$(id -u)" != 0 ] || as_postgres='setpriv --reuid postgres --regid postgres --init-groups'

stop() {
  if [ -n "$server" ]; then
    kill -INT "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$directory"
}
trap stop EXIT
trap 'exit 130' INT TERM

[ "$(id -u)" != 0 ] || chown postgres "$directory"
$as_postgres "$binaries/initdb" -D "$directory/data" -U ssakv --auth=trust --no-sync >"$directory/initdb.log" 2>&1 ||
  { cat "$directory/initdb.log" >&2; exit 1; }
$as_postgres "$binaries/postgres" -D "$directory/data" -p "$port" -c listen_addresses=127.0.0.1 \
  -c unix_socket_directories= >"$directory/postgres.log" 2>&1 &
server=$!
until "$binaries/pg_isready" -q -h 127.0.0.1 -p "$port"; do
  kill -0 "$server" || { cat "$directory/postgres.log" >&2; exit 1; }
done

"$binaries/postgres" --version
SSAKV_TEST_LEDGER_URL="postgres://ssakv@127.0.0.1:$port/postgres" jest test/ledger- "$@"
