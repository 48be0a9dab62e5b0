#!/usr/bin/env bash
# Records one history of each kind from a running `ssakv dev` into test/histories/<version>/, for test/replay.test.ts.
# Usage: scripts/record-histories.sh <temporal CLI> <address> <version>
set -euo pipefail
temporal="$1" address="$2" folder="$(dirname "$0")/../test/histories/$3"
mkdir -p "$folder"

run() { "$temporal" workflow execute --address "$address" --task-queue ssakv --type "$1" --workflow-id "$2" --input "$3" >/dev/null 2>&1 || true; }
save() {
  "$temporal" workflow show --address "$address" --workflow-id "$1" --output json |
    sed -E 's/"identity": "[^"]*"/"identity": "worker"/' >"$folder/$2.json"
}

run syncSecrets record/secrets '{"connector":"akv-prod-eastus","secretIds":[1001,999999]}'
run testConnection record/test '{"connector":"akv-prod-eastus"}'
run syncCycle record/invalid '{"conector":"akv-prod-eastus"}'
run syncCycle record/plan '{"connector":"akv-prod-eastus","dryRun":true}'
run syncCycle record/idle '{"connector":"akv-prod-eastus"}'
save activate/akv-prod-eastus activateConnector
save sync/akv-prod-eastus syncCycle-create
save record/secrets syncSecrets
save record/test testConnection
save record/invalid syncCycle-invalid-input
save record/plan syncCycle-dry-run
save record/idle syncCycle-idle
