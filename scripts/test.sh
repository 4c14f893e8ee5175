#!/usr/bin/env bash
# All tests, on SQLite and PostgreSQL, with the browser. Where a C compiler is at hand what works on several
# things at once runs under the race detector, but what goes through many cases of the same code (tests that
# skip with testing.Short); those, and the packages that only reckon, run without it, whole.
set -euo pipefail
cd "$(dirname "$0")/.."
./scripts/install.sh
if command -v gcc >/dev/null; then
	busy='/internal/(browser|check|checks|cli|crawl|diagnose|jobs|mailbox|notice|perform|probe|signin|store|web|wire)(/|$)'
	all=$(go list ./...)
	raced=$(grep -E "$busy" <<<"$all")
	CGO_ENABLED=1 ./scripts/postgres.sh go test -race -short -timeout 15m $raced
	files=$(git grep -l 'testing.Short()' -- '*_test.go')
	long=$(awk '/^func Test/ { split($2, name, "("); test = name[1] } /testing\.Short\(\)/ { print test }' $files | sort -u | paste -sd '|')
	CGO_ENABLED=0 ./scripts/postgres.sh go test -p 3 -timeout 15m -run "^($long)\$" $(dirname $files | sort -ru | sed 's|^|./|' | grep -E "$busy")
	CGO_ENABLED=0 go test -timeout 15m $(grep -vxF "$raced" <<<"$all")
else
	CGO_ENABLED=0 ./scripts/postgres.sh go test -timeout 15m ./...
fi
