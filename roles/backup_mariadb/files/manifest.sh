# What a MariaDB server holds, as text to compare: used by backup (in the dump's own snapshot) and
# verify (in the scratch instance). POSIX sh; nothing here runs by itself.
LC_ALL=C
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH

die() {
    printf '%s\n' "$*" >&2
    exit 1
}

client=$(command -v mariadb || command -v mysql) || die "no client program mariadb"
not_system="NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys')"

# SQL that lists everything but rows, one line each; a digest stands for what is long.
sql_of_objects() {
    cat <<'SQL'
SELECT CONCAT('database ', schema_name, ' ', default_character_set_name, ' ', default_collation_name)
    FROM information_schema.schemata
    WHERE schema_name NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys') ORDER BY 1;
SELECT CONCAT('view ', table_schema, '.', table_name, ' ',
        SHA2(CONCAT_WS('|', view_definition, definer, security_type, check_option), 256))
    FROM information_schema.views WHERE table_schema <> 'sys' ORDER BY 1;
SELECT CONCAT('routine ', db, '.', name, ' ', SHA2(CONCAT_WS('|', type, param_list, returns,
        body_utf8, definer, security_type, sql_mode), 256))
    FROM mysql.proc WHERE db NOT IN ('mysql', 'sys') ORDER BY 1;
SELECT CONCAT('trigger ', trigger_schema, '.', trigger_name, ' ', SHA2(CONCAT_WS('|',
        event_object_table, action_timing, event_manipulation, action_statement, definer, sql_mode), 256))
    FROM information_schema.triggers WHERE trigger_schema <> 'sys' ORDER BY 1;
SELECT CONCAT('event ', event_schema, '.', event_name, ' ', SHA2(CONCAT_WS('|', event_definition,
        definer, interval_value, interval_field, execute_at, status, sql_mode), 256))
    FROM information_schema.events ORDER BY 1;
SQL
}

# SQL that names every table that has rows, in SQL quotes.
sql_of_tables() {
    cat <<'SQL'
SELECT CONCAT('`', REPLACE(table_schema, '`', '``'), '`.`', REPLACE(table_name, '`', '``'), '`')
    FROM information_schema.tables WHERE table_type IN ('BASE TABLE', 'SEQUENCE', 'SYSTEM VERSIONED')
    AND table_schema NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys') ORDER BY 1;
SQL
}

# Given quoted table names on standard input, SQL that counts and sums each.
sql_of_rows() {
    while read -r table; do
        said=$(printf '%s' "$table" | sed "s/'/''/g")
        printf "SELECT CONCAT('rows %s ', COUNT(*)) FROM %s;\n" "$said" "$table"
        printf 'CHECKSUM TABLE %s;\n' "$table"
    done
}

# CHECKSUM TABLE answers "schema.table<tab>sum".
as_manifest() {
    awk -F '\t' 'NF == 2 { print "checksum " $1 " " $2; next } { print }'
}

# SQL that gives the SQL that shows roles, accounts and grants; not of the account that verify has.
sql_of_accounts() {
    cat <<'SQL'
SELECT CONCAT('SELECT ', QUOTE(CONCAT('CREATE ROLE IF NOT EXISTS ', QUOTE(user))), ';') FROM mysql.global_priv
    WHERE JSON_VALUE(priv, '$.is_role') ORDER BY 1;
SELECT CONCAT('SHOW CREATE USER ', QUOTE(user), '@', QUOTE(host), ';') FROM mysql.global_priv
    WHERE JSON_VALUE(priv, '$.is_role') IS NULL AND user <> 'opsrunner_scratch' ORDER BY 1;
SELECT CONCAT('SHOW GRANTS FOR ', QUOTE(user), IF(host = '', '', CONCAT('@', QUOTE(host))), ';')
    FROM mysql.global_priv WHERE user <> 'opsrunner_scratch' ORDER BY 1;
SQL
}
