#!/usr/bin/env bash
# Makes two members in a started shop by the shop's own registration, as a
# person would: WordPress by its form and the mail that it sends, EverShop by
# the call that its page makes.
#
#   bench/real/members.sh wordpress|evershop
set -euo pipefail
shop=${1:?wordpress or evershop}
password=Ocha-no-kai-2026
case $shop in
wordpress)
	url=http://127.0.0.1:${WORDPRESS_PORT:-8091}
	mail=${MISEBAN_REAL:-/tmp/miseban-real}/wordpress/mail
	for who in taro jiro; do
		jar=$(mktemp)
		curl -s -o /dev/null "$url/wp-login.php?action=register" -d "user_login=$who&user_email=$who@tea.test"
		link=$(grep -rhoE "$url/wp-login.php\?action=rp[^ <>]*login=$who[^ <>]*|$url/wp-login.php\?[^ <>]*login=$who[^ <>]*action=rp[^ <>]*" "$mail" | head -n 1 | tr -d '\r')
		key=$(curl -s -L -c "$jar" -b "$jar" "$link" | grep -oE 'name="rp_key" value="[^"]*"' | cut -d'"' -f4)
		curl -s -o /dev/null -b "$jar" "$url/wp-login.php?action=resetpass" --data-urlencode "pass1=$password" --data-urlencode "pass2=$password" -d "rp_key=$key"
		rm -f "$jar"
	done
	rm -f "$mail"/*
	;;
evershop)
	url=http://127.0.0.1:${EVERSHOP_PORT:-8092}
	for who in taro jiro; do
		curl -s -o /dev/null "$url/api/customers" -H 'Content-Type: application/json' -d "{\"full_name\":\"$who\",\"email\":\"$who@tea.test\",\"password\":\"$password\"}"
	done
	;;
*)
	sed -n '2,7s/^# \{0,1\}//p' "$0"
	exit 2
	;;
esac
