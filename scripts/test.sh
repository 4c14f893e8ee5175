#!/usr/bin/env bash
# All tests, on SQLite and PostgreSQL, with the browser. -race where a C compiler is at hand.
set -euo pipefail
cd "$(dirname "$0")/.."
./scripts/install.sh
race=()
if command -v gcc >/dev/null; then
	export CGO_ENABLED=1
	race=(-race)
fi
./scripts/postgres.sh go test "${race[@]}" -timeout 15m ./...
# Every value that is sent, in UPDATE and DELETE on three databases: the whole grid takes too long under the race detector.
CGO_ENABLED=0 ./scripts/postgres.sh go test -run 'TestDestruction' -timeout 5m ./internal/checks/inject
