# How backup-mariadb and backup-mariadb-logs ask the server. POSIX sh; nothing here runs by itself.
# Needs: client, options_file, sentinel, work (a folder), fail (a function that ends the program).
login=
[ -z "$options_file" ] || login=--defaults-extra-file=$options_file
connect() { "$client" $login --batch --raw --skip-column-names --unbuffered --connect-timeout=10; }
ask() { printf '%s\n' "$1" | connect 2> "$work/err" || fail "$(cat "$work/err")"; }

# A numbered row, so that a restored copy can say how new it is. Never on a standby.
write_sentinel() {
    [ -n "$sentinel" ] || return 0
    read_only=$(ask 'SELECT @@read_only') || exit 1
    [ "$read_only" = 0 ] || return 0
    ask "CREATE DATABASE IF NOT EXISTS ${sentinel%.*};
        CREATE TABLE IF NOT EXISTS $sentinel (n BIGINT PRIMARY KEY AUTO_INCREMENT, at DATETIME(6) NOT NULL)
            ENGINE = InnoDB; INSERT INTO $sentinel (at) VALUES (UTC_TIMESTAMP(6))"
}
