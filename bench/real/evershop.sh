#!/usr/bin/env bash
# EverShop from npm on Node, with PostgreSQL of Debian, on 127.0.0.1: its own
# demo products, categories, pages and blog, built for production. Everything
# it writes is in one folder.
#
#   bench/real/evershop.sh start   installs what is missing, starts it in the background, prints its URL
#   bench/real/evershop.sh stop    ends it and removes its database (the installed packages stay for the next start)
#   bench/real/evershop.sh clean   stop, and remove the packages too
#   bench/real/evershop.sh rows    rows of every table that holds any
#   bench/real/evershop.sh log     the server's log of requests
set -euo pipefail
# EverShop imports concat-stream without naming it in its own list.
version=${EVERSHOP_VERSION:-2.2.1}
dir=${MISEBAN_REAL:-/tmp/miseban-real}/evershop
port=${EVERSHOP_PORT:-8092}
pgport=${EVERSHOP_PGPORT:-8093}
url=http://127.0.0.1:$port

bin() { dirname "$(ls /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)"; }
pg() { if [ "$(id -u)" -eq 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
sql() { psql -h 127.0.0.1 -p "$pgport" -U evershop -d evershop -qAt "$@"; }

settings() {
	export DB_HOST=127.0.0.1 DB_PORT=$pgport DB_NAME=evershop DB_USER=evershop DB_PASSWORD=evershop DB_SSLMODE=disable PORT=$port NODE_ENV=production
	export JWT_ADMIN_SECRET=0123456789abcdef0123456789abcdef JWT_CUSTOMER_SECRET=fedcba9876543210fedcba9876543210
}

start() {
	ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || {
		apt-get update -qq
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >/dev/null
	}
	stop
	mkdir -p "$dir/shop/config"
	chmod 755 "${dir%/*}" "$dir"
	(
		cd "$dir/shop"
		[ -s package.json ] || echo '{"name":"shop","version":"1.0.0","private":true,"type":"module"}' >package.json
		[ -d node_modules/@evershop/evershop ] || npm install --no-audit --no-fund --save-exact --loglevel error "@evershop/evershop@$version" concat-stream@2.0.0 >npm.log 2>&1
		cat >config/default.json <<-J
			{"shop": {"homeUrl": "$url", "language": "en", "currency": "JPY", "timezone": "Asia/Tokyo"}}
		J
	)
	mkdir -p "$dir/pg"
	[ "$(id -u)" -ne 0 ] || chown postgres "$dir/pg"
	pg "$(bin)/initdb" -D "$dir/pg/data" -U evershop -A trust -E UTF8 --no-locale >/dev/null
	pg "$(bin)/pg_ctl" -D "$dir/pg/data" -s -w -l "$dir/pg/log" -o "-h 127.0.0.1 -p $pgport -k $dir/pg -c fsync=off" start </dev/null >/dev/null 2>&1
	psql -h 127.0.0.1 -p "$pgport" -U evershop -d postgres -qc 'CREATE DATABASE evershop'
	(
		cd "$dir/shop"
		settings
		mkdir -p media public
		# Node keeps no log of requests of its own.
		cat >access.mjs <<-'J'
			import http from 'node:http';
			import fs from 'node:fs';
			const emit = http.Server.prototype.emit;
			http.Server.prototype.emit = function (event, q, r) {
			  if (event === 'request') {
			    const at = (Date.now() / 1000).toFixed(3);
			    const url = q.url;
			    r.once('close', () => fs.appendFileSync(process.env.ACCESS_LOG, `${at} ${q.method} ${url} ${r.statusCode} "${q.headers['user-agent']}"\n`));
			  }
			  return emit.apply(this, arguments);
			};
		J
		[ -e .evershop/built ] || { npx evershop build >"$dir/build.log" 2>&1 && touch .evershop/built; }
		serve
		npx evershop seed --all >"$dir/seed.log" 2>&1 || true
		npx evershop user:create --name Tencho --email tencho@tea.test --password Ocha-no-ma-2026 >>"$dir/seed.log" 2>&1 || true
		halt
		serve
	)
	curl -s -o /dev/null "$url/"
	sql -c 'DELETE FROM session' 2>/dev/null || true
	: >"$dir/access.log"
	echo "$url/"
}

serve() {
	ACCESS_LOG="$dir/access.log" NODE_OPTIONS="--import file://$PWD/access.mjs" node node_modules/@evershop/evershop/dist/bin/evershop.js start </dev/null >>"$dir/server.log" 2>&1 &
	echo $! >"$dir/pid"
	for _ in $(seq 300); do curl -s -o /dev/null "$url/" && return; sleep 0.2; done
	echo "the shop does not answer; see $dir/server.log" >&2
	return 1
}

# halt ends the shop and the helper for timed work that it starts.
halt() {
	[ -s "$dir/pid" ] || return 0
	pkill -P "$(cat "$dir/pid")" 2>/dev/null || true
	kill "$(cat "$dir/pid")" 2>/dev/null || true
}

rows() {
	sql -c "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind = 'r' AND nspname = 'public' ORDER BY 1" |
		while read -r t; do echo "$t	$(sql -c "SELECT COUNT(*) FROM \"$t\"" </dev/null)"; done | grep -v '	0$' || true
}

stop() {
	halt
	[ ! -d "$dir/pg/data" ] || pg "$(bin)/pg_ctl" -D "$dir/pg/data" -m immediate -s stop >/dev/null 2>&1 || true
	rm -rf "$dir/pg" "$dir/pid"
}

clean() {
	stop
	rm -rf "$dir"
}

case ${1:-} in
start | stop | clean | rows) "$1" ;;
log) cat "$dir/access.log" ;;
*)
	sed -n '2,11s/^# \{0,1\}//p' "$0"
	exit 2
	;;
esac
