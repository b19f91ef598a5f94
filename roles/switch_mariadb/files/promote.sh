# This standby has all that the fenced primary wrote, nothing more, and becomes the primary.
# In: $fenced, the position that the fence proved. Out: "promoted POSITION".
begin_step
[ -n "$fenced" ] || die "without the position of a proven fence nothing is promoted"
[ "$(sql 'SELECT @@read_only')" = 1 ] || die "is not read-only"
reached=$(sql "SELECT MASTER_GTID_WAIT('$fenced', $catch_up)")
[ "$reached" = 0 ] || die "has not reached $fenced within $catch_up s"
[ "$(positions "$(sql 'SELECT @@gtid_current_pos')")" = "$(positions "$fenced")" ] ||
    die "has transactions that the primary has not: $(sql 'SELECT @@gtid_current_pos'), not $fenced"
# Seen from here, too, nobody has the address any more.
arping -q -D -c 1 -w 1 -I "$interface" "${address%/*}" || die "somebody still answers at ${address%/*}"
persist_read_only 0
sql "STOP SLAVE; RESET SLAVE ALL; SET GLOBAL read_only = 0"
take_address
printf 'promoted %s\n' "$(sql 'SELECT @@gtid_binlog_pos')"
