# The old primary has what the new one wrote since: it takes part, and nothing of its own is in the way.
# In: $reached, a position of the new primary.
[ "$(sql "SELECT MASTER_GTID_WAIT('$reached', $catch_up)")" = 0 ] ||
    die "has not reached $reached: $(replica Last_IO_Error) $(replica Last_SQL_Error)"
