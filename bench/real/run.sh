#!/usr/bin/env bash
# Diagnoses one shop of this folder with and without a browser, and says what
# it found and what changed in the shop's tables.
#
#   bench/real/run.sh wordpress|evershop [folder for the reports]
#
# The shop must have been started. ROBOTS=ignore looks at what robots.txt
# forbids, too; RATE=2 goes at the polite default instead of as fast as it can.
# LEVEL=active signs in the two members that members.sh made and looks for
# faults with values; TIME bounds each run.
set -euo pipefail
cd "$(dirname "$0")/../.."
shop=${1:?wordpress or evershop}
out=${2:-/tmp/miseban-real/reports}
case $shop in
wordpress) port=${WORDPRESS_PORT:-8091} at="" ;;
evershop) port=${EVERSHOP_PORT:-8092} at=@tea.test ;;
*)
	sed -n '2,10s/^# \{0,1\}//p' "$0"
	exit 2
	;;
esac
make -s build
url=http://127.0.0.1:$port
rate="per_second: ${RATE:-2}"
[ -n "${RATE:-}" ] || rate="unlimited: true"
robots=false
[ "${ROBOTS:-}" != ignore ] || robots=true
level=${LEVEL:-safe}
members=""
if [ "$level" = active ]; then
	export MISEBAN_REAL_MEMBER=Ocha-no-kai-2026
	members="accounts: [{name: a, user: taro$at, password: \"env:MISEBAN_REAL_MEMBER\"}, {name: b, user: jiro$at, password: \"env:MISEBAN_REAL_MEMBER\"}]"
fi
for browser in ${BROWSER:-off on}; do
	dir=$out/$shop-$browser
	rm -rf "$dir"
	mkdir -p "$dir"
	cat >"$dir/scope.yaml" <<-S
		hosts: ["$url"]
		level: $level
		ignore_robots: $robots
		rate: {$rate}
		budget: {time: ${TIME:-1800s}}
		$members
	S
	bench/real/"$shop".sh rows >"$dir/rows.before"
	echo "== $shop, browser $browser"
	# 1 says that there are findings at or above --fail-on.
	time timeout 1800 ./bin/miseban diagnose "$url/" --scope "$dir/scope.yaml" --browser "$browser" --data "$dir/data" \
		--format html,pdf,xlsx,jsonl,sarif -o "$dir/" >"$dir/console.txt" 2>&1 || [ $? -eq 1 ]
	grep -E '件|finding' "$dir/console.txt" | tail -n 2
	bench/real/"$shop".sh rows | diff "$dir/rows.before" - && echo "no row has changed"
	bench/real/"$shop".sh log | awk '{ split($1, t, "t"); at[NR] = t[1] + 0; while (at[NR] - at[first + 1] >= 10) first++; if (NR - first > most) most = NR - first }
		END { print NR " requests in the log so far, at most " most " in 10 s" }'
done
