# Nobody writes on this primary any more, and that is proven. Out: "fenced POSITION".
begin_step
disconnect() {
    sql "SELECT CONCAT('KILL ', id, ';') FROM $clients" |
        "$client" --batch --force --connect-timeout=5 2> /dev/null || true  # gone already
}

[ "$(sql 'SELECT @@read_only')" = 0 ] || die "is read-only already"
persist_read_only 1
# Waits for statements that are being carried out, not for ever.
sql "SET SESSION lock_wait_timeout = $lock_wait; SET GLOBAL read_only = 1"
disconnect  # before the address goes, so that clients are told and need not wait
ip addr del "$address" dev "$interface"

# The proof: read-only, no address, and the log stands still while it is watched. Who connects to
# the host's own address again can read; accounts that ignore read-only were refused beforehand.
first=$(sql 'SELECT @@gtid_binlog_pos')
sleep "$watch"
disconnect
last=$(sql 'SELECT @@gtid_binlog_pos')
[ "$(sql 'SELECT @@read_only')" = 1 ] || die "not fenced: somebody set read_only back"
! has_address || die "not fenced: the address is still here"
[ "$first" = "$last" ] || die "not fenced: somebody who ignores read-only goes on writing ($first, then $last)"
printf 'fenced %s\n' "$last"
