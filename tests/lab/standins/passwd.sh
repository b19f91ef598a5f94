#!/bin/sh
# `passwd -S USER` in EL's words; everything else is the real passwd.
real=/usr/lib/lab-standin/real/passwd
case $1 in
    -S | --status) [ $# -eq 2 ] || exec "$real" "$@" ;;
    *) exec "$real" "$@" ;;
esac
line=$("$real" -S "$2") || { echo "passwd: Unknown user name '$2'." >&2; exit 1; }
hash=$(awk -F: -v user="$2" '$1 == user { print $2 }' /etc/shadow)
set -- $line
case $hash in
    *'$6$'*) kind='SHA512' ;; *'$5$'*) kind='SHA256' ;; *'$1$'*) kind='MD5' ;;
    *'$y$'*) kind='yescrypt' ;; *) kind='Unknown' ;;
esac
day=$(date -d "$3" +%F 2>/dev/null || echo "$3")
case $2 in
    L*) what="LK" said="Password locked." ;;
    NP) what="NP" said="Empty password." ;;
    *) what="PS" said="Password set, $kind crypt." ;;
esac
echo "$1 $what $day $4 $5 $6 $7 ($said)"
