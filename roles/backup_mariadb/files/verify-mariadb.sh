#!/bin/sh
# How far a backup of MariaDB can be trusted, found by restoring it into a scratch instance.
# usage: verify-mariadb SET SCRATCH [LEVEL [replay]]     LEVEL 1 to 4, default 4
# Out: one line "level N" (proven), lines "problem TEXT", and "cleaned yes|no".
# From level 1 on "range FROM TO" (UTC, as 20261122T001500Z): what the dump and the saved logs behind it
# can restore, and "gap NAME WHY FROM TO" for each log that is missing or damaged, with what is lost.
# At level 4 with replay, "replayed NAME" (the last log) and "recovered N TIME" (the newest numbered row).
# Exit: 0 the level is proven (and the logs replayed, where asked for), 1 it is not, 2 could not be looked
# at (no statement on the backup).
set -u
umask 077
here=$(dirname "$0")
. "$here/manifest.sh"
. "$here/binlogs.sh"
set_dir=$1
scratch=$2
wanted=${3:-4}
replay=${4:-}
proven=0
server=
reading=
made=
result=1

problem() { printf 'problem %s\n' "$*"; }
unable() { problem "not verified: $*"; result=2; exit; }

stop_server() {
    [ -n "$server" ] || return 0
    kill "$server" 2> /dev/null
    waited=0
    while kill -0 "$server" 2> /dev/null && [ "$waited" -lt 300 ]; do
        waited=$((waited + 1))
        sleep 0.1
    done
    kill -9 "$server" 2> /dev/null
    wait "$server" 2> /dev/null
}

# Cleaning up is part of the proof: no process of ours, nothing left on the disk.
finish() {
    trap '' HUP INT TERM
    stop_server
    [ -z "$reading" ] || wait "$reading"
    [ -z "$made" ] || rm -rf "$scratch"
    if { [ -n "$server" ] && kill -0 "$server" 2> /dev/null; } || { [ -n "$made" ] && [ -e "$scratch" ]; }; then
        echo 'cleaned no'
        [ "$result" != 0 ] || result=2
    else
        echo 'cleaned yes'
    fi
    [ "$result" = 2 ] || printf 'level %s\n' "$proven"
    exit "$result"
}
trap finish EXIT
trap 'problem "not verified: stopped by a signal"; result=2; exit' HUP INT TERM

# L1: every byte is the one that was written.
cd "$set_dir" 2> /dev/null || unable "no folder $set_dir"
for file in SHA256SUMS manifest dump.sql.gz grants.sql; do
    [ -f "$file" ] || { problem "$file is missing"; exit; }
done
damaged=$(sha256sum -c SHA256SUMS 2> /dev/null | sed -n 's/: FAILED.*//p' | tr '\n' ' ')
[ -z "$damaged" ] || { problem "damaged since it was written: $damaged"; exit; }
[ "$(wc -l < SHA256SUMS)" = 3 ] || { problem "SHA256SUMS is not whole"; exit; }
proven=1
logs=$(readlink -m "$PWD/../logs")
chain=$(list_logs manifest "$logs")
printf '%s\n' "$chain" | grep -E '^(range|gap) '
[ "$wanted" -gt 1 ] || { result=0; exit; }

# L2: the formats are whole by their own rules.
[ "$(tail -n 1 manifest)" = end ] || { problem "the manifest is cut off"; exit; }
read_dump() { { gzip -dc dump.sql.gz 2> /dev/null || echo 'gzip: not whole'; } | tail -c 400; }
whole_dump() { # what read_dump printed
    case $1 in
        *'gzip: not whole') problem "dump.sql.gz is no whole gzip file"; return 1 ;;
        *'-- Dump completed'*) ;;
        *) problem "dump.sql.gz has no end mark: it was cut off before it was compressed"; return 1 ;;
    esac
}
if [ "$wanted" -le 2 ]; then
    whole_dump "$(read_dump)" || exit
    proven=2
    result=0
    exit
fi

# L3: restored into an instance of its own, that shares nothing with a live one.
mariadbd=$(command -v mariadbd || command -v mysqld) || unable "no server program mariadbd"
case $scratch in /*) ;; *) unable "$scratch is no absolute path" ;; esac
[ ! -e "$scratch" ] || unable "$scratch is there already: a scratch instance is always new"
# Every live instance, by what its process has open and by what its configuration says.
for live in $(my_print_defaults server mysqld mariadb mariadbd 2> /dev/null | sed -n 's/^--datadir=//p') /var/lib/mysql \
    $(for pid in $(pidof mariadbd mysqld 2> /dev/null); do readlink "/proc/$pid/cwd"; done); do
    case $(readlink -m "$scratch")/ in
        "$(readlink -m "$live")"/*) unable "$scratch lies in the data directory of a live instance ($live)" ;;
    esac
done
need=$(sed -n 's/^bytes //p' manifest)
[ -n "$need" ] || need=$(gzip -dc dump.sql.gz 2> /dev/null | wc -c)
mkdir "$scratch" || unable "cannot make $scratch"
made=yes
free=$(df -Pk "$scratch" | awk 'NR == 2 { print $4 }')
[ "$((need / 1024 * 3 + 262144))" -lt "$free" ] || unable "too little space below $scratch: $free KiB"
# The whole dump is read while the instance is made.
read_dump > "$scratch/last" &
reading=$!
chown mysql: "$scratch"
mkdir "$scratch/data" "$scratch/tmp" && chown mysql: "$scratch/data" "$scratch/tmp"
mariadb-install-db --no-defaults --user=mysql --datadir="$scratch/data" --skip-test-db \
    --auth-root-authentication-method=socket > "$scratch/install.log" 2>&1 ||
    unable "no scratch instance: $(tail -n 3 "$scratch/install.log")"
"$mariadbd" --no-defaults --user=mysql --datadir="$scratch/data" --tmpdir="$scratch/tmp" \
    --socket="$scratch/socket" --pid-file="$scratch/pid" --skip-networking --skip-slave-start \
    --event-scheduler=off --log-error="$scratch/error.log" --innodb-log-file-size=64M \
    --max-allowed-packet=1G --skip-log-bin --innodb-flush-log-at-trx-commit=2 > /dev/null 2>&1 &
server=$!
printf '[client]\nuser=root\n' > "$scratch/client.cnf"
connect() { "$client" --defaults-file="$scratch/client.cnf" --socket="$scratch/socket" --batch --raw --skip-column-names --unbuffered "$@"; }
waited=0
until connect -e 'SELECT 1' > /dev/null 2>&1; do
    kill -0 "$server" 2> /dev/null || unable "the scratch instance ended: $(tail -n 3 "$scratch/error.log")"
    [ "$waited" -lt 600 ] || unable "the scratch instance did not start within 60 s"
    waited=$((waited + 1))
    sleep 0.1
done
# Asked of the server itself before anything is loaded: it must be the one that was just made.
identity=$(connect -e "SELECT CONCAT_WS(' ', TRIM(TRAILING '/' FROM @@datadir), IF(@@skip_networking, 1, 0), @@pid_file)")
[ "$identity" = "$scratch/data 1 $scratch/pid" ] && [ "$(cat "$scratch/pid")" = "$server" ] ||
    unable "the server behind $scratch/socket is not the scratch instance: $identity"

# Only the accounts of the backup are to be there; ours is left out of the comparison.
secret=$(od -An -tx1 -N 24 /dev/urandom | tr -d ' \n')
# Piped and not a here-document, which some shells keep in a file.
printf '%s\n' "CREATE USER opsrunner_scratch@localhost IDENTIFIED BY '$secret';" \
    "GRANT ALL ON *.* TO opsrunner_scratch@localhost WITH GRANT OPTION;" \
    "GRANT PROXY ON ''@'%' TO opsrunner_scratch@localhost WITH GRANT OPTION;" \
    "SELECT CONCAT('DROP USER ', QUOTE(user), '@', QUOTE(host), ';') FROM mysql.global_priv
        WHERE user <> 'opsrunner_scratch' AND JSON_VALUE(priv, '\$.is_role') IS NULL;" |
    connect > "$scratch/drop" 2> "$scratch/load.err" || unable "no account: $(cat "$scratch/load.err")"
printf '[client]\nuser=opsrunner_scratch\npassword=%s\n' "$secret" > "$scratch/client.cnf"
connect < "$scratch/drop" 2> "$scratch/load.err" || unable "accounts stay: $(cat "$scratch/load.err")"

wait "$reading"
whole_dump "$(cat "$scratch/last")" || exit
proven=2
mkfifo "$scratch/dump"
gzip -dc dump.sql.gz > "$scratch/dump" &
unzip=$!
connect --default-character-set=utf8mb4 < "$scratch/dump" > /dev/null 2> "$scratch/load.err"
load_code=$?
wait "$unzip"; unzip_code=$?
# No space is a fault of the scratch disk, not of the backup.
no_space() {
    cat "$scratch/load.err" "$scratch/error.log" |
        grep -qiE 'no space left|disk (is )?full|table .* is full|errno: 28'
}
! no_space || unable "the disk of $scratch is full"
[ "$load_code" = 0 ] || { problem "cannot be restored: $(tail -n 3 "$scratch/load.err")"; exit; }
[ "$unzip_code" = 0 ] || { problem "dump.sql.gz cannot be read to its end"; exit; }
connect < grants.sql > /dev/null 2> "$scratch/load.err" ||
    { problem "accounts cannot be restored: $(tail -n 3 "$scratch/load.err")"; exit; }
proven=3
[ "$wanted" -gt 3 ] || { result=0; exit; }

# L4: what is there now is what the manifest says was there then.
sum_tables() {
    awk 'NR % 2 == 0' "$scratch/tables" | sql_of_rows | connect > "$scratch/rows.even" &
    even=$!
    awk 'NR % 2 == 1' "$scratch/tables" | sql_of_rows | connect > "$scratch/rows"
    odd_code=$?
    wait "$even" && [ "$odd_code" = 0 ] && cat "$scratch/rows.even" >> "$scratch/rows"
}
# Two connections, for summing a table keeps one processor busy.
{
    sql_of_objects | connect && sql_of_tables | connect > "$scratch/tables" &&
        sum_tables && as_manifest < "$scratch/rows" &&
        sql_of_accounts | connect > "$scratch/accounts" && connect < "$scratch/accounts" > "$scratch/grants" &&
        sed "s/^CREATE USER /CREATE USER IF NOT EXISTS /; s/\$/;/" "$scratch/grants" > "$scratch/grants.sql" &&
        printf 'grants %s %s\n' "$(wc -l < "$scratch/grants.sql")" "$(sha256sum < "$scratch/grants.sql" | cut -c 1-64)"
} > "$scratch/found" 2> "$scratch/found.err" || unable "the restored data cannot be read: $(cat "$scratch/found.err")"
marked=$(sed -n 's/^sentinel //p' manifest)
grep -Ev '^(opsrunner-manifest|server|taken|moment|bytes|position|sentinel|sentinel_table|end)( |$)' manifest > "$scratch/expected"
sort "$scratch/expected" > "$scratch/a"
sort "$scratch/found" > "$scratch/b"
if ! diff "$scratch/a" "$scratch/b" > "$scratch/diff"; then
    sed -n 's/^< /lacks or differs: /p; s/^> /has instead: /p' "$scratch/diff" | head -n 40 |
        while read -r line; do problem "$line"; done
    exit
fi
[ -z "$marked" ] || printf 'sentinel %s\n' "$marked"
proven=4
[ "$replay" = replay ] || { result=0; exit; }

# What was written after the dump: the logs that follow it without a gap, to the end of the last.
files=$(printf '%s\n' "$chain" | sed -n 's/^use //p')
if [ -n "$files" ]; then
    binlog=$(command -v mariadb-binlog || command -v mysqlbinlog) || unable "no program mariadb-binlog"
    mkdir "$scratch/logs" && mkfifo "$scratch/events" || unable "no space below $scratch"
    set --
    for file in $files; do
        name=${file#*-}
        name=$scratch/logs/${name%.gz}
        gzip -dc "$logs/$file" > "$name" 2> "$scratch/load.err" || unable "$(cat "$scratch/load.err")"
        set -- "$@" "$name"
    done
    "$binlog" --no-defaults --verify-binlog-checksum --local-load="$scratch/tmp" \
        --start-position="$(sed -n 's/^position binlog [^ ]* //p' manifest)" "$@" \
        > "$scratch/events" 2> "$scratch/binlog.err" &
    reader=$!
    connect --binary-mode < "$scratch/events" > /dev/null 2> "$scratch/load.err"
    load_code=$?
    wait "$reader"; read_code=$?
    ! no_space || unable "the disk of $scratch is full"
    [ "$load_code$read_code" = 00 ] ||
        { problem "the logs cannot be replayed: $(tail -n 3 "$scratch/load.err" "$scratch/binlog.err")"; exit; }
    printf 'replayed %s\n' "${name##*/}"
fi
table=$(sed -n 's/^sentinel_table //p' manifest)
[ -z "$table" ] || connect -e "SELECT CONCAT('recovered ', n, DATE_FORMAT(at, ' %Y%m%dT%H%i%sZ'))
    FROM $table ORDER BY n DESC LIMIT 1" || unable "the numbered rows cannot be read"
result=0
