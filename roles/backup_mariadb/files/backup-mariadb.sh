#!/bin/sh
# Back up a MariaDB server: one consistent dump with a manifest of the same snapshot.
# usage: backup-mariadb CONFIG
# Out: DIRECTORY/<time>/ with dump.sql.gz, grants.sql, manifest, SHA256SUMS, and the status file.
# Exit: 0 done, 1 failed (nothing of it is kept), 75 another one runs.
set -u
umask 077
here=$(dirname "$0")
# shellcheck source=/dev/null
. "$1" || exit 1
. "$here/manifest.sh"
# shellcheck disable=SC2154 # directory, status_file, keep, options_file, lock_wait, sentinel, gzip_level: CONFIG
began=$(date +%s)
stamp=$(date -u +%Y%m%dT%H%M%SZ)
set_dir=$directory/$stamp
work=$directory/.partial-$stamp
processes=

# The status file says how the last one ended, and is replaced as a whole.
write_status() {
    said=$(printf '%s' "$2" | tr '\n\t"\\' '    ' | cut -c 1-800)
    printf '{"job": "backup_mariadb", "result": "%s", "reason": "%s", "set": "%s", "began": %s, "ended": %s, "bytes": %s, "position": "%s", "sentinel": "%s"}\n' \
        "$1" "$said" "$stamp" "$began" "$(date +%s)" "${bytes:-0}" "${position:-}" "${mark:-}" > "$status_file.new" &&
        mv "$status_file.new" "$status_file"
}

fail() {
    write_status failed "$*"
    printf 'backup-mariadb: %s\n' "$*" >&2
    exit 1
}

mkdir -p "$directory"
exec 9> "$directory/.lock" || exit 1
flock -n 9 || { echo "backup-mariadb: another one runs" >&2; exit 75; }

cleanup() {
    code=$?
    exec 7>&-
    # shellcheck disable=SC2086 # numbers
    [ -z "$processes" ] || kill $processes 2> /dev/null
    rm -rf "$work"
    exit $code
}
trap cleanup EXIT
trap 'fail "stopped by a signal"' HUP INT TERM
rm -rf "$directory"/.partial-*
mkdir "$work" || fail "cannot write to $directory"

. "$here/session.sh"

other=$(ask "SELECT GROUP_CONCAT(table_schema, '.', table_name) FROM information_schema.tables
    WHERE table_type = 'BASE TABLE' AND engine <> 'InnoDB' AND table_schema $not_system") || exit 1
[ "$other" = NULL ] || fail "tables that a consistent dump cannot hold (not InnoDB): $other"

version=$(ask 'SELECT VERSION()') || exit 1
write_sentinel
databases=$(ask "SELECT schema_name FROM information_schema.schemata WHERE schema_name $not_system") || exit 1
[ -n "$databases" ] || fail "the server has no database"

# One connection holds everybody still while its own snapshot and the dump's are taken. Nor is a log
# closed meanwhile: both must name one position.
exec 8> "$directory/.rotating"
flock -w 60 8 || fail "the logs have been saved for more than 60 s: no moment for a dump"
mkfifo "$work/sql" "$work/raw" "$work/end" "$work/count" "$work/copied"
connect < "$work/sql" > "$work/said" 2> "$work/said.err" &
session=$!
processes=$session
exec 7> "$work/sql"
tell() { printf '%s\n' "$1" >&7 || fail "the session ended: $(cat "$work/said.err")"; }

# Wait until the session has answered a question; fail when it ended or takes too long.
await() {
    waited=0
    until grep -q "^done $1\$" "$work/said"; do
        kill -0 "$session" 2> /dev/null || fail "the session ended: $(cat "$work/said.err")"
        [ "$waited" -lt "$2" ] || fail "no answer to '$1' within $2 tenths of a second"
        waited=$((waited + 1))
        sleep 0.1
    done
}

tell "SET SESSION lock_wait_timeout = $lock_wait, group_concat_max_len = 1048576, time_zone = '+00:00',
        wait_timeout = 86400, max_statement_time = 0;
    FLUSH TABLES WITH READ LOCK; SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ;
    START TRANSACTION WITH CONSISTENT SNAPSHOT;
    SELECT DATE_FORMAT(UTC_TIMESTAMP(), 'moment %Y%m%dT%H%i%sZ');
    SELECT CONCAT('id ', CONNECTION_ID()); SELECT 'done lock';"
await lock $((lock_wait * 10 + 50))

# The dump: each stage is a process of its own whose end is known; nothing hides behind a pipe.
dump=$(command -v mariadb-dump || command -v mysqldump) || fail "no program mariadb-dump"
logged=$(ask 'SELECT @@log_bin') || exit 1
position_options=
[ "$logged" = 0 ] || position_options="--master-data=2
--gtid"
tail -c 400 < "$work/end" > "$work/last" &
stage_tail=$!
processes="$processes $stage_tail"
gzip "-$gzip_level" -c < "$work/copied" > "$work/dump.sql.gz" 2> "$work/gzip.err" &
stage_gzip=$!
processes="$processes $stage_gzip"
wc -c < "$work/count" > "$work/bytes" &
stage_count=$!
processes="$processes $stage_count"
tee "$work/end" "$work/count" < "$work/raw" > "$work/copied" 2> "$work/tee.err" &
stage_tee=$!
processes="$processes $stage_tee"
# Options and names of databases are one to a line; a name may have a blank or a star in it.
usual=$IFS
set -f
IFS='
'
# shellcheck disable=SC2086 # lines
"$dump" $login --single-transaction --quick --routines --triggers --events --hex-blob \
    --default-character-set=utf8mb4 $position_options --databases $databases \
    > "$work/raw" 2> "$work/dump.err" &
stage_dump=$!
processes="$processes $stage_dump"
IFS=$usual
set +f

# The dump's snapshot is taken when its connection, newer than the session's, has a transaction.
number=$(sed -n 's/^id //p' "$work/said")
waited=0
until [ "$(ask "SELECT COUNT(*) FROM information_schema.innodb_trx
        WHERE trx_mysql_thread_id > $number")" -gt 0 ] || ! kill -0 "$stage_dump" 2> /dev/null; do
    [ "$waited" -lt 30 ] || fail "the dump did not begin in time: nobody is held up for longer"
    waited=$((waited + 1))
    sleep 0.1
done
tell "SELECT CONCAT('position gtid ', @@gtid_binlog_pos); SELECT 'begin master'; SHOW MASTER STATUS;
    SELECT 'end master'; UNLOCK TABLES; SELECT 'done unlock';"
await unlock 50
flock -u 8

# What is no row has no snapshot: it is listed now and again after the dump, and must be the same.
part() { sed -n "/^begin $1\$/,/^end $1\$/p" "$work/said" | sed '1d;$d'; }
list_objects() {
    tell "SELECT 'begin objects$1'; $(sql_of_objects) SELECT 'end objects$1';
        SELECT 'begin tables$1'; $(sql_of_tables) SELECT 'end tables$1';
        SELECT 'begin accounts$1'; $(sql_of_accounts) SELECT 'end accounts$1'; SELECT 'done objects$1';"
    await "objects$1" 6000
    tell "SELECT 'begin grants$1'; $(part "accounts$1") SELECT 'end grants$1'; SELECT 'done grants$1';"
    await "grants$1" 6000
}
list_objects ''

# Rows and checksums in the same snapshot, while the dump reads the same.
tell "SELECT 'begin rows'; $(part tables | sql_of_rows)"
[ -z "$sentinel" ] || tell "SELECT CONCAT('sentinel ', COALESCE(MAX(n), 0)) FROM $sentinel;"
tell "SELECT 'end rows'; SELECT 'done rows';"

wait $stage_dump; dump_code=$?
wait $stage_tee; tee_code=$?
wait $stage_gzip; gzip_code=$?
wait $stage_tail; tail_code=$?
wait $stage_count; count_code=$?
[ $dump_code = 0 ] || fail "the dump ended with $dump_code: $(cat "$work/dump.err")"
[ $tee_code$gzip_code$tail_code$count_code = 0000 ] ||
    fail "tee, gzip, tail, wc ended with $tee_code, $gzip_code, $tail_code, $count_code: $(cat "$work/tee.err" "$work/gzip.err")"
grep -q '^-- Dump completed' "$work/last" || fail "the dump has no end mark"
await rows 864000
list_objects 2
exec 7>&-
wait "$session"; session_code=$?
[ $session_code = 0 ] || fail "the manifest's session ended with $session_code: $(cat "$work/said.err")"
for kind in objects tables accounts grants; do
    [ "$(part $kind)" = "$(part ${kind}2)" ] || fail "$kind were changed while the dump ran"
done

# Both snapshots must be of one moment: the dump's own words are compared with the session's.
position=$(sed -n 's/^position gtid //p' "$work/said")
if [ "$logged" = 1 ]; then
    wanted=$(part master | awk -F '\t' '{ print $1 " " $2 }')
    found=$(gzip -dc "$work/dump.sql.gz" 2> /dev/null | head -n 60 |
        sed -n "s/.*MASTER_LOG_FILE='\([^']*\)', MASTER_LOG_POS=\([0-9]*\).*/\1 \2/p" | head -n 1)
    [ "$wanted" = "$found" ] || fail "dump and manifest are of two moments: $found and $wanted"
else
    position=none
fi
mark=$(sed -n 's/^sentinel //p' "$work/said")
part grants | sed "s/^CREATE USER /CREATE USER IF NOT EXISTS /; s/\$/;/" > "$work/grants.sql"
{
    echo 'opsrunner-manifest 1'
    printf 'server %s\ntaken %s\nposition gtid %s\nposition binlog %s\n' \
        "$version" "$stamp" "$position" "${wanted:-none}"
    grep '^moment ' "$work/said"
    printf 'bytes %s\n' "$(cat "$work/bytes")"
    [ -z "$sentinel" ] || printf 'sentinel_table %s\n' "$sentinel"
    part objects
    part rows | as_manifest
    printf 'grants %s %s\n' "$(wc -l < "$work/grants.sql")" "$(sha256sum < "$work/grants.sql" | cut -c 1-64)"
    echo 'end'
} > "$work/manifest"
for file in sql raw end count bytes copied said said.err err last dump.err tee.err gzip.err; do rm -f "$work/$file"; done
(cd "$work" && sha256sum dump.sql.gz grants.sql manifest > SHA256SUMS) || fail "cannot write the sums"
bytes=$(wc -c < "$work/dump.sql.gz")
sync "$work"/* 2> /dev/null || sync
mv "$work" "$set_dir" || fail "cannot rename to $set_dir"

# Only whole sets are counted, and only after a new one is whole is an old one removed.
ls -1d "$directory"/[0-9]*Z | sort -r | tail -n +$((keep + 1)) | while read -r old; do rm -rf "$old"; done
if [ -n "${offsite_config:-}" ]; then
    said=$("$here/backup-files" "$offsite_config" 2>&1 > /dev/null) ||
        fail "set $stamp is whole here, and not copied off-site: $said"
fi
write_status done ''
printf 'backup-mariadb: %s\n' "$set_dir"
