# Is this the primary, and can it be switched over now? Reads only. Out: lines "problem TEXT" for
# what speaks against it, and what the standby is compared with.
problem() { printf 'problem %s\n' "$*"; }

version=$(sql 'SELECT VERSION()')
case $version in
    *MariaDB*) ;;
    *) problem "server $version is not MariaDB: a switchover is not proven there" ;;
esac
[ "$(sql 'SELECT @@log_bin')" = 1 ] || problem "writes no binary log"
[ "$(sql 'SELECT @@gtid_strict_mode')" = 1 ] || problem "gtid_strict_mode is off"
[ "$(sql 'SELECT @@read_only')" = 0 ] || problem "is read-only already"
has_address || problem "does not have the address ${address%/*}"
[ -d "${config_file%/*}" ] || problem "no folder ${config_file%/*}"
command -v arping > /dev/null || problem "no program arping (iputils)"

sql "SELECT CONCAT('transaction of connection ', trx_mysql_thread_id, ' has been open for ',
        TIMESTAMPDIFF(SECOND, trx_started, NOW()), ' s') FROM information_schema.innodb_trx
    WHERE trx_started < NOW() - INTERVAL $max_transaction SECOND" |
    while read -r line; do problem "$line"; done
sql "SELECT CONCAT('statement of connection ', id, ' (', user, ') has run for ', time, ' s')
    FROM $clients AND command <> 'Sleep' AND time > $max_transaction" |
    while read -r line; do problem "$line"; done
# An event would go on writing on a fenced primary and would not start on a promoted standby.
sql "SELECT CONCAT('event ', event_schema, '.', event_name, ' is enabled: disable it first')
    FROM information_schema.events WHERE status = 'ENABLED'" |
    while read -r line; do problem "$line"; done
# SUPER alone ignores read_only before 10.11 only; to name it too is the safe side.
sql "SELECT DISTINCT REPLACE(grantee, '''', '') FROM information_schema.user_privileges
    WHERE privilege_type IN ('READ_ONLY ADMIN', 'SUPER') ORDER BY 1" |
    while read -r account; do
        case " $bypass " in
            *" $account "*) ;;
            *) problem "account $account ignores read-only: take READ ONLY ADMIN from it, or list it" ;;
        esac
    done

printf 'position %s\n' "$(sql 'SELECT @@gtid_binlog_pos')"
compared
sql "SELECT CONCAT('capacity max_connections ', @@max_connections)
    UNION SELECT CONCAT('capacity innodb_buffer_pool_size ', @@innodb_buffer_pool_size)
    UNION SELECT CONCAT('capacity max_allowed_packet ', @@max_allowed_packet)"
