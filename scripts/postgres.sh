#!/usr/bin/env bash
# Runs a command with a throw-away PostgreSQL on 127.0.0.1 and MISEBAN_TEST_POSTGRES set.
set -euo pipefail
bin=$(dirname "$(ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null | sort -V | tail -n 1 || command -v initdb)")
dir=$(mktemp -d)
port=$((20000 + RANDOM % 12000)) # below the ports that the system hands out
as=()
if [ "$(id -u)" -eq 0 ]; then # PostgreSQL refuses to run as root
	chown postgres "$dir"
	as=(runuser -u postgres --)
fi
stop() {
	(cd "$dir" && "${as[@]}" "$bin/pg_ctl" -D "$dir/data" -m immediate -s stop) || true
	rm -rf "$dir"
}
trap stop EXIT
(
	cd "$dir"
	"${as[@]}" "$bin/initdb" -D "$dir/data" -U miseban -A trust -E UTF8 --no-locale >/dev/null
	for _ in 1 2 3 4 5; do # the port may be somebody else's
		"${as[@]}" "$bin/pg_ctl" -D "$dir/data" -s -w -l "$dir/log" -o "-h 127.0.0.1 -p $port -k $dir -c fsync=off" start && break
		port=$((20000 + RANDOM % 12000))
	done
	"${as[@]}" "$bin/pg_ctl" -D "$dir/data" -s status >/dev/null || { cat "$dir/log"; exit 1; }
	echo "$port" >"$dir/port"
)
port=$(cat "$dir/port")
MISEBAN_TEST_POSTGRES="postgres://miseban@127.0.0.1:$port/postgres?sslmode=disable" "$@"
