#!/usr/bin/env bash
# WordPress of Debian, in Japanese, with Apache, PHP and MariaDB of Debian, on
# 127.0.0.1: pages, posts, a comment, a contact page, two users. Everything it
# writes is in one folder.
#
#   bench/real/wordpress.sh start   installs what is missing, starts it in the background, prints its URL
#   bench/real/wordpress.sh stop    ends it and removes the folder
#   bench/real/wordpress.sh rows    what stands in the tables that a visitor could change
#   bench/real/wordpress.sh log     the server's own log of requests
set -euo pipefail
dir=${MISEBAN_REAL:-/tmp/miseban-real}/wordpress
port=${WORDPRESS_PORT:-8091}
url=http://127.0.0.1:$port

sql() { mariadb --no-defaults --socket "$dir/my.sock" -u root "$@"; }

start() {
	if ! dpkg -s wordpress wordpress-l10n wordpress-theme-twentytwentyone mariadb-server libapache2-mod-php php-mysql php-gd php-mbstring php-xml >/dev/null 2>&1; then
		apt-get update -qq
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends wordpress wordpress-l10n wordpress-theme-twentytwentyone \
			wordpress-theme-twentytwentythree mariadb-server apache2 libapache2-mod-php php-cli php-mysql php-gd php-mbstring php-xml >/dev/null
	fi
	[ ! -e "$dir" ] || stop
	mkdir -p "$dir/db" "$dir/mail"
	chmod 755 "$dir"
	chown mysql "$dir/db"
	mariadb-install-db --no-defaults --user=mysql --datadir="$dir/db" --skip-test-db >/dev/null 2>&1
	chown -R mysql "$dir/db"
	touch "$dir/db.log" && chown mysql "$dir/db.log"
	chown mysql "$dir"
	mariadbd --no-defaults --user=mysql --datadir="$dir/db" --socket="$dir/my.sock" --skip-networking --pid-file="$dir/db/pid" \
		--log-error="$dir/db.log" </dev/null >/dev/null 2>&1 &
	for _ in $(seq 100); do sql -e 'SELECT 1' >/dev/null 2>&1 && break; sleep 0.2; done
	sql -e "CREATE DATABASE wp; CREATE USER wp@localhost IDENTIFIED BY 'wp'; GRANT ALL ON wp.* TO wp@localhost"

	# A tree as a hosting provider's installer leaves it, not Debian's links.
	cp -rL /usr/share/wordpress "$dir/www"
	rm -f "$dir/www/wp-config.php" "$dir/www/.htaccess"
	rm -f "$dir"/www/wp-content/languages/*-{a,b,c,d,e,f,g,h,i,k,l,m,n,o,p,r,s,t,u,v,z}*.mo
	local salts=""
	for k in AUTH_KEY SECURE_AUTH_KEY LOGGED_IN_KEY NONCE_KEY AUTH_SALT SECURE_AUTH_SALT LOGGED_IN_SALT NONCE_SALT; do
		salts+="define('$k', '$(head -c 32 /dev/urandom | base64 -w0)');"$'\n'
	done
	cat >"$dir/www/wp-config.php" <<-PHP
		<?php
		define('DB_NAME', 'wp'); define('DB_USER', 'wp'); define('DB_PASSWORD', 'wp');
		define('DB_HOST', 'localhost:$dir/my.sock'); define('DB_CHARSET', 'utf8mb4'); define('DB_COLLATE', '');
		$salts
		\$table_prefix = 'wp_';
		define('WP_DEBUG', false); define('WPLANG', 'ja'); define('WP_HTTP_BLOCK_EXTERNAL', true); define('AUTOMATIC_UPDATER_DISABLED', true);
		if (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/');
		require_once ABSPATH . 'wp-settings.php';
	PHP
	cat >"$dir/www/.htaccess" <<-'A'
		<IfModule mod_rewrite.c>
		RewriteEngine On
		RewriteBase /
		RewriteRule ^index\.php$ - [L]
		RewriteCond %{REQUEST_FILENAME} !-f
		RewriteCond %{REQUEST_FILENAME} !-d
		RewriteRule . /index.php [L]
		</IfModule>
	A
	mkdir -p "$dir/www/wp-content/uploads"
	# Mail goes into a folder, so that a mail sent by a request is seen.
	cat >"$dir/sendmail" <<-S
		#!/bin/sh
		cat >"\$(mktemp $dir/mail/XXXXXX)"
	S
	chmod 755 "$dir/sendmail"
	chown -R www-data "$dir/www" "$dir/mail"
	local mods=/usr/lib/apache2/modules
	{
		echo "ServerRoot $dir"
		echo "ServerName 127.0.0.1"
		echo "Listen 127.0.0.1:$port"
		echo "PidFile $dir/apache.pid"
		echo "ErrorLog $dir/error.log"
		echo "User www-data"
		echo "Group www-data"
		for m in mpm_prefork authz_core authz_host mime dir alias autoindex rewrite deflate filter env setenvif negotiation status; do
			echo "LoadModule ${m}_module $mods/mod_$m.so"
		done
		echo "LoadModule php_module $(ls $mods/libphp*.so | tail -n 1)"
		cat <<-CONF
			LogFormat "%{sec}t.%{msec_frac}t %m %U%q %>s %O %k %{ms}T \"%{User-Agent}i\"" short
			CustomLog $dir/access.log short
			TypesConfig /etc/mime.types
			AddType image/webp .webp
			DirectoryIndex index.php index.html
			DocumentRoot $dir/www
			<Directory $dir/www>
			  Options Indexes FollowSymLinks
			  AllowOverride All
			  Require all granted
			</Directory>
			<FilesMatch "^\\.ht">
			  Require all denied
			</FilesMatch>
			<FilesMatch "\\.php\$">
			  SetHandler application/x-httpd-php
			</FilesMatch>
			php_admin_value sendmail_path $dir/sendmail
			Timeout 60
			KeepAlive On
		CONF
	} >"$dir/apache.conf"
	apache2 -f "$dir/apache.conf" -k start
	# The browser's own way of installing; the mail about it is not part of what is measured.
	curl -sS -o /dev/null "$url/wp-admin/install.php?step=2" --data-urlencode 'weblog_title=ミセバン茶舗' \
		-d 'user_name=tencho&admin_password=Ocha-no-ma-2026&admin_password2=Ocha-no-ma-2026&admin_email=tencho@tea.test&blog_public=1&language=ja&Submit=1'
	runuser -u www-data -- php "$(dirname "$(realpath "$0")")/wordpress-content.php" "$dir/www" "$url"
	# What publishing left to do (pings, enclosures), so that it is not done by the first visitor.
	runuser -u www-data -- php "$dir/www/wp-cron.php" || true
	rm -f "$dir"/mail/*
	: >"$dir/access.log"
	echo "$url/"
}

rows() {
	sql wp -N -e "SELECT 'posts', COUNT(*) FROM wp_posts UNION SELECT 'comments', COUNT(*) FROM wp_comments UNION SELECT 'users', COUNT(*) FROM wp_users
		UNION SELECT 'usermeta', COUNT(*) FROM wp_usermeta UNION SELECT 'postmeta', COUNT(*) FROM wp_postmeta
		UNION SELECT 'options but cron and transients', COUNT(*) FROM wp_options WHERE option_name NOT LIKE '%transient%' AND option_name <> 'cron'
		UNION SELECT 'posts changed last', MAX(post_modified) FROM wp_posts"
	echo "mails	$(find "$dir/mail" -type f | wc -l)"
}

stop() {
	[ ! -s "$dir/apache.pid" ] || kill "$(cat "$dir/apache.pid")" 2>/dev/null || true
	[ ! -s "$dir/db/pid" ] || kill "$(cat "$dir/db/pid")" 2>/dev/null || true
	for _ in $(seq 50); do [ -e "$dir/apache.pid" ] || [ -e "$dir/db/pid" ] || break; sleep 0.2; done
	rm -rf "$dir"
}

case ${1:-} in
start | stop | rows) "$1" ;;
log) cat "$dir/access.log" ;;
*)
	sed -n '2,10s/^# \{0,1\}//p' "$0"
	exit 2
	;;
esac
