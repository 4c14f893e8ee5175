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
# Too long under the race detector: every value that is sent, in UPDATE and DELETE on three databases,
# and each fault and each disturbance of the demo shop at level active.
CGO_ENABLED=0 ./scripts/postgres.sh go test -run 'TestDestruction|TestEachFaultActive|TestDisturbed' -timeout 10m ./internal/checks/inject ./internal/diagnose
