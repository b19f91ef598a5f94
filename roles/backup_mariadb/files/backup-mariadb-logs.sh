#!/bin/sh
# Save the closed binary logs of a MariaDB server beside its backup sets, so that what was written
# after a dump can be restored too.
# usage: backup-mariadb-logs CONFIG
# Out: DIRECTORY/logs/<BEGUN>-<NAME>.gz, the status file, and DIRECTORY/logs/index with a line for each:
#   SHA256 BYTES BEGUN ENDED NAME
# SHA256 is of the .gz, BYTES of what is in it; times are UTC, as 20261122T001500Z, ENDED is when the
# server began the next log. Logs older than the oldest backup set are removed.
# Exit: 0 done, 1 failed (what was saved stays), 75 another one runs.
set -u
umask 077
here=$(dirname "$0")
# shellcheck source=/dev/null
. "$1" || exit 1
. "$here/manifest.sh"
# shellcheck disable=SC2154 # directory, logs_status_file, logs_reserve, lock_wait, gzip_level: CONFIG
began=$(date +%s)
logs=$directory/logs
work=$logs/.partial
problems=
saved=0
through=

# The status file says how the last one ended, and is replaced as a whole.
write_status() {
    said=$(printf '%s' "$2" | tr '\n\t"\\' '    ' | cut -c 1-800)
    printf '{"job": "backup_mariadb_logs", "result": "%s", "reason": "%s", "began": %s, "ended": %s, "saved": %s, "through": "%s"}\n' \
        "$1" "$said" "$began" "$(date +%s)" "$saved" "$through" > "$logs_status_file.new" &&
        mv "$logs_status_file.new" "$logs_status_file"
}

fail() {
    write_status failed "$*"
    printf 'backup-mariadb-logs: %s\n' "$*" >&2
    exit 1
}

mkdir -p "$logs"
exec 9> "$logs/.lock" || exit 1
flock -n 9 || { echo "backup-mariadb-logs: another one runs" >&2; exit 75; }
trap 'rm -rf "$work"' EXIT
trap 'fail "stopped by a signal"' HUP INT TERM
rm -rf "$work"
mkdir "$work" || fail "cannot write to $logs"
[ -e "$logs/index" ] || : > "$logs/index"
. "$here/session.sh"

# A variable that this server's version does not have is not in the answer.
ask "SHOW GLOBAL VARIABLES WHERE variable_name IN ('log_bin', 'log_bin_basename', 'datadir',
    'log_slave_updates', 'encrypt_binlog', 'binlog_encryption')" > "$work/variables"
value() { awk -F '\t' -v name="$1" '$1 == name { print $2 }' "$work/variables"; }
[ "$(value log_bin)" = ON ] ||
    fail "the server writes no binary log: what comes after a dump cannot be restored"
case $(value encrypt_binlog)$(value binlog_encryption) in
    *ON*) fail "the binary logs are encrypted by the server: a copy of the files could not be read" ;;
esac
standby=$(ask 'SHOW SLAVE STATUS') || exit 1
[ -z "$standby" ] || [ "$(value log_slave_updates)" = ON ] ||
    fail "a standby without log_slave_updates: its log does not hold what it replicates"
filters=$(ask 'SHOW MASTER STATUS') || exit 1
filters=$(printf '%s' "$filters" | awk -F '\t' '{ print $3 $4 }')
[ -z "$filters" ] || fail "binlog_do_db or binlog_ignore_db leaves databases out of the log: $filters"

# Closed at a moment that is nobody's dump: there both snapshots must be of one position.
write_sentinel
exec 8> "$directory/.rotating"
flock -w 60 8 || fail "a dump has held its moment for more than 60 s"
ask "SET SESSION lock_wait_timeout = $lock_wait; FLUSH BINARY LOGS"
flock -u 8
ask 'SHOW BINARY LOGS' > "$work/list"

folder=$(value log_bin_basename)
if [ -n "$folder" ]; then folder=$(dirname "$folder"); else folder=$(value datadir); fi
# When the server began a log, in seconds: its first event, behind four bytes that every log has.
begun() { date -u -d "@$(od -An -tu4 -j4 -N4 "$1" | tr -d ' ')" +%Y%m%dT%H%M%SZ; }
note() { problems="$problems${problems:+; }$*"; }

# Given a closed log's name, its bytes, and the name of the next.
save() {
    from=$(begun "$folder/$1" 2> "$work/err") && to=$(begun "$folder/$3" 2> "$work/err") ||
        { note "$1 cannot be read: $(cat "$work/err")"; return; }
    through=$to
    file=$from-$1.gz
    awk -v from="$from" -v name="$1" '$3 == from && $5 == name { found = 1 } END { exit !found }' \
        "$logs/index" && [ -f "$logs/$file" ] && return
    free=$(df -Pk "$logs" | awk 'NR == 2 { print $4 }')
    [ "$(($2 / 1024 + logs_reserve * 1024))" -lt "$free" ] ||
        fail "$1 is not saved: less than $logs_reserve MiB would stay free in $logs"
    gzip "-$gzip_level" -c < "$folder/$1" > "$work/log.gz" 2> "$work/err" ||
        { note "$1 cannot be copied: $(cat "$work/err")"; return; }
    copied=$(gzip -dc "$work/log.gz" 2> /dev/null | wc -c)
    [ "$copied" = "$2" ] || { note "$1 has $2 bytes, its copy $copied"; return; }
    sum=$(sha256sum < "$work/log.gz" | cut -c 1-64)
    {
        awk -v from="$from" -v name="$1" '$3 != from || $5 != name' "$logs/index"
        printf '%s %s %s %s %s\n' "$sum" "$2" "$from" "$to" "$1"
    } | sort -k 3,3 -k 5,5 > "$work/index"
    sync "$work/log.gz" "$work/index" 2> /dev/null || sync
    mv "$work/log.gz" "$logs/$file" && mv "$work/index" "$logs/index" || fail "cannot write to $logs"
    saved=$((saved + 1))
}

# The last one is open: it is saved when it is closed, the next time.
previous=
while read -r name bytes _; do
    [ -z "$previous" ] || save "$previous" "$previous_bytes" "$name"
    previous=$name
    previous_bytes=$bytes
done < "$work/list"

# What ended before the oldest set began continues no dump. Without a set everything stays.
oldest=$(ls -1d "$directory"/[0-9]*Z 2> /dev/null | sort | head -n 1)
if [ -n "$oldest" ]; then
    oldest=$(basename "$oldest")
    awk -v oldest="$oldest" '$4 >= oldest' "$logs/index" > "$work/index"
    awk -v oldest="$oldest" '$4 < oldest { print $3 "-" $5 ".gz" }' "$logs/index" > "$work/old"
    mv "$work/index" "$logs/index" || fail "cannot write to $logs"
    while read -r name; do rm -f "$logs/$name"; done < "$work/old"
fi
[ -z "$problems" ] || fail "not saved: $problems"
write_status done ''
printf 'backup-mariadb-logs: saved %s, through %s\n' "$saved" "$through"
