#!/usr/bin/env bash
# Each fuzz target for a while (default 20s): ./scripts/fuzz.sh 60s
set -euo pipefail
cd "$(dirname "$0")/.."
for file in $(git grep -l '^func Fuzz' -- '*_test.go'); do
	for name in $(grep -oE '^func Fuzz[A-Za-z0-9]+' "$file" | cut -c6-); do
		echo "$file $name"
		go test -run '^$' -fuzz "^$name\$" -fuzztime "${1:-20s}" -fuzzminimizetime 0 "./$(dirname "$file")"
	done
done
