#!/usr/bin/env bash
# Debian's Apache and nginx as the packages set them up, with their default
# pages, on 127.0.0.1.
#
#   bench/real/defaults.sh start   installs what is missing, starts both in the background, prints their URLs
#   bench/real/defaults.sh stop    ends them and removes the folder
set -euo pipefail
dir=${MISEBAN_REAL:-/tmp/miseban-real}/defaults
apache=${APACHE_PORT:-8094}
nginx=${NGINX_PORT:-8095}

start() {
	if ! dpkg -s apache2 nginx >/dev/null 2>&1; then
		apt-get update -qq
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends apache2 nginx >/dev/null
	fi
	stop
	mkdir -p "$dir/apache" "$dir/nginx"
	chmod -R 755 "$dir"
	cp /usr/share/apache2/default-site/index.html "$dir/apache/"
	cp /usr/share/nginx/html/index.html "$dir/nginx/"
	cat >"$dir/apache.conf" <<-CONF
		ServerRoot /etc/apache2
		ServerName 127.0.0.1
		Listen 127.0.0.1:$apache
		PidFile $dir/apache.pid
		Mutex file:$dir default
		ErrorLog $dir/apache.log
		User www-data
		Group www-data
		IncludeOptional mods-enabled/*.load
		IncludeOptional mods-enabled/*.conf
		Include conf-available/charset.conf
		Include conf-available/security.conf
		Include conf-available/localized-error-pages.conf
		AccessFileName .htaccess
		DocumentRoot $dir/apache
		<Directory $dir/apache>
		  Options Indexes FollowSymLinks
		  Require all granted
		</Directory>
	CONF
	APACHE_RUN_DIR=$dir APACHE_LOG_DIR=$dir APACHE_RUN_USER=www-data APACHE_RUN_GROUP=www-data APACHE_LOCK_DIR=$dir APACHE_PID_FILE=$dir/apache.pid \
		apache2 -f "$dir/apache.conf" -k start
	cat >"$dir/nginx.conf" <<-CONF
		user www-data;
		pid $dir/nginx.pid;
		error_log $dir/nginx.log;
		events {}
		http {
		  include /etc/nginx/mime.types;
		  access_log $dir/nginx-access.log;
		  gzip on;
		  server {
		    listen 127.0.0.1:$nginx;
		    root $dir/nginx;
		    index index.html;
		    location / { try_files \$uri \$uri/ =404; }
		  }
		}
	CONF
	nginx -c "$dir/nginx.conf"
	echo "http://127.0.0.1:$apache/"
	echo "http://127.0.0.1:$nginx/"
}

stop() {
	for p in apache nginx; do
		[ ! -s "$dir/$p.pid" ] || kill "$(cat "$dir/$p.pid")" 2>/dev/null || true
	done
	for _ in $(seq 50); do [ -e "$dir/apache.pid" ] || [ -e "$dir/nginx.pid" ] || break; sleep 0.1; done
	rm -rf "$dir"
}

case ${1:-} in
start | stop) "$1" ;;
*)
	sed -n '2,7s/^# \{0,1\}//p' "$0"
	exit 2
	;;
esac
