#!/bin/bash
# yum 3 of EL 6 and 7: dnf does the work, `updateinfo list` speaks as yum did.
dnf() { exec_dnf "$@"; }
exec_dnf() { /usr/lib/lab-standin/real/python3 /usr/lib/lab-standin/real/dnf-3 "$@"; }
words=()
for word; do case $word in -*) ;; *) words+=("$word") ;; esac; done
case "${words[0]} ${words[1]}" in
    'updateinfo list' | 'list-sec ' | 'updateinfo list-sec' | 'list-security '*)
        out=$(exec_dnf -q updateinfo list security 2>/dev/null) || exit $?
        echo 'Loaded plugins: fastestmirror'
        [ -z "$out" ] || printf '%s\n' "$out" | awk 'NF >= 3 { printf "%s %-14s %s\n", $1, $2, $3 }'
        echo 'updateinfo list done' ;;
    *) exec_dnf "$@" ;;
esac
