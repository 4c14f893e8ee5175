#!/usr/bin/env bash
# All tests, on SQLite and PostgreSQL, with the browser. Where a C compiler is at hand everything runs
# under the race detector but what goes through many cases of the same code (testing.Short); the packages
# that have such tests run once more without it, whole.
set -euo pipefail
cd "$(dirname "$0")/.."
./scripts/install.sh
whole=$(git grep -l 'testing.Short()' -- '*_test.go' | xargs -n1 dirname | sort -u | sed 's|^|./|')
if command -v gcc >/dev/null; then
	CGO_ENABLED=1 ./scripts/postgres.sh go test -race -short -timeout 15m ./...
	CGO_ENABLED=0 ./scripts/postgres.sh go test -timeout 15m $whole
else
	CGO_ENABLED=0 ./scripts/postgres.sh go test -timeout 15m ./...
fi
