#!/bin/sh
# Runs once, when the database volume is empty: an account and a database each for Temporal and for the ledger.
set -eu
create() {
  # On its own line: a file that cannot be read ends the script here, and no account gets an empty password.
  password="$(cat "$2")"
  psql --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --set name="$1" --set password="$password" <<'SQL'
create role :"name" login password :'password';
create database :"name" owner :"name";
SQL
}
create ssakv /run/secrets/ledger_password
create temporal /run/secrets/temporal_password
# Temporal makes its own two databases with this account.
psql --quiet --username "$POSTGRES_USER" --command 'alter role temporal createdb'
