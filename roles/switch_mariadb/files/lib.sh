# What every step of a switchover shares. POSIX sh; all SQL goes over standard input.
set -eu
umask 077
LC_ALL=C
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
lock=/run/opsrunner-switchover.lock
revoked=/run/opsrunner-switchover.revoked

die() {
    printf '%s\n' "$*" >&2
    exit 1
}

client=$(command -v mariadb || command -v mysql) || die "no client program mariadb on this host"

sql() {
    printf '%s\n' "$1" | "$client" --batch --skip-column-names --connect-timeout=5
}

# One step at a time on a host, and none of a switchover that was called off: a step that was
# sent before a partition and arrives after it must not be carried out.
begin_step() {
    exec 9> "$lock"
    flock -w "$step_wait" 9 || die "another step of a switchover still runs on this host"
    if grep -Fqx "$run" "$revoked" 2> /dev/null; then
        die "this switchover was called off"
    fi
}

revoke() {
    exec 9> "$lock"
    flock -w "$step_wait" 9 || die "a step of the switchover still runs on this host"
    printf '%s\n' "$run" >> "$revoked"
}

# A restarted server must come up as it was left, so the file is written before the variable is set.
persist_read_only() {
    printf '[mariadbd]\nread_only = %s\n' "$1" > "$config_file.new"
    chmod 0644 "$config_file.new"
    mv "$config_file.new" "$config_file"
    case $(my_print_defaults server mysqld mariadb mariadbd | grep -E '^--read[-_]only' | tail -n 1) in
        *"=$1") ;;
        *) die "$config_file does not decide over read_only: another file is read after it" ;;
    esac
}

has_address() {
    ip -4 -o addr show | grep -Fq " ${address%/*}/"
}

take_address() {
    has_address || ip addr add "$address" dev "$interface"
    # Neighbours are told three times, without waiting for it.
    setsid arping -q -U -c 3 -w 3 -I "$interface" "${address%/*}" < /dev/null > /dev/null 2>&1 9>&- &
}

# One field of SHOW SLAVE STATUS, empty when this server is no replica.
replica() {
    printf 'SHOW SLAVE STATUS\\G\n' | "$client" --batch --connect-timeout=5 |
        sed -n "s/^ *$1: //p"
}

positions() {
    printf '%s\n' "$1" | tr ',' '\n' | sort
}

# Everybody but this connection, the server's own threads and replicas.
clients="information_schema.processlist
    WHERE id <> CONNECTION_ID() AND user NOT IN ('system user', 'event_scheduler')
    AND command NOT IN ('Binlog Dump', 'Daemon', 'Slave_IO', 'Slave_SQL', 'Slave_worker')"

# Accounts with their passwords (as a digest), grants and numbers of tables: the same on both servers.
compared() {
    sql "SELECT CONCAT('account ', user, '@', host, ' ',
            SHA2(JSON_REMOVE(priv, '\$.password_last_changed'), 256)) FROM mysql.global_priv"
    sql "SELECT CONCAT('grants ', REPLACE(grantee, '''', ''), ' ',
            SHA2(GROUP_CONCAT(table_schema, privilege_type ORDER BY table_schema, privilege_type), 256))
        FROM information_schema.schema_privileges GROUP BY grantee"
    sql "SELECT CONCAT('tables ', table_schema, ' ', COUNT(*)) FROM information_schema.tables
        WHERE table_schema NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys')
        GROUP BY table_schema"
}
