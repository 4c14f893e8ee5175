#!/usr/bin/env bash
# All benchmarks, one after the other, on loopback only; each stops by itself.
#
#	bench/run.sh                  about half an hour
#	bench/run.sh oneshop report   these alone
#
# Peers, where installed (Debian: apt-get install wapiti testssl.sh sslscan nmap), are measured in the same run.
# As root the shop of oneshop stands on ports 80 and 443 of 127.0.0.20, else on 8080 and 8443.
set -euo pipefail
cd "$(dirname "$0")/.."
export CGO_ENABLED=0
bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
all=(coverage report tls oneshop manyshops selection)
[ $# -eq 0 ] || all=("$@")
for b in "${all[@]}"; do
	echo "## $b"
	echo
	case "$b" in
	coverage)
		go test -count=1 -v -run '^TestCoverage' ./internal/crawl ./internal/browser | grep -E 'found|^(ok|FAIL|---)' || true
		;;
	oneshop)
		go build -trimpath -o "$bin/miseban" .
		go build -o "$bin/$b" ./bench/$b
		"$bin/$b" -miseban "$bin/miseban"
		;;
	selection)
		go test -count=1 -v -run '^TestBruteForce$' -bench 'Sample|Hard' -benchtime 5x ./internal/selection | grep -E 'calls|^(Benchmark|ok|FAIL|---)'
		;;
	load)
		go build -o "$bin/$b" ./bench/$b
		"$bin/$b"
		./scripts/postgres.sh "$bin/$b" -postgres
		go test ./internal/store -run xxx -bench Merge -benchtime 1x | grep -E 'Merge|^cpu'
		;;
	report | tls | manyshops)
		go build -o "$bin/$b" ./bench/$b
		"$bin/$b"
		;;
	*)
		echo "no benchmark is called $b; there are: coverage report tls oneshop manyshops selection load" >&2
		exit 2
		;;
	esac
	echo
done
