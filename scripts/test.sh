#!/usr/bin/env bash
# All tests, on SQLite and PostgreSQL, with the browser. Where a C compiler is at hand everything runs
# under the race detector but what goes through many cases of the same code (tests that skip with
# testing.Short); those run once more without it, whole.
set -euo pipefail
cd "$(dirname "$0")/.."
./scripts/install.sh
if command -v gcc >/dev/null; then
	CGO_ENABLED=1 ./scripts/postgres.sh go test -race -short -timeout 15m ./...
	files=$(git grep -l 'testing.Short()' -- '*_test.go')
	long=$(awk '/^func Test/ { split($2, name, "("); test = name[1] } /testing\.Short\(\)/ { print test }' $files | sort -u | paste -sd '|')
	CGO_ENABLED=0 ./scripts/postgres.sh go test -timeout 15m -run "^($long)\$" $(dirname $files | sort -ru | sed 's|^|./|')
else
	CGO_ENABLED=0 ./scripts/postgres.sh go test -timeout 15m ./...
fi
