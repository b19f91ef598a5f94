# The old primary becomes the new one's standby. Out: "replicating".
begin_step
[ "$(sql 'SELECT @@read_only')" = 1 ] || die "is not read-only"
sql "SET GLOBAL gtid_slave_pos = '$fenced';
    CHANGE MASTER TO MASTER_HOST = '$standby_address', MASTER_PORT = $port,
        MASTER_USER = '$replication_user', MASTER_PASSWORD = '$replication_password',
        MASTER_CONNECT_RETRY = 2, MASTER_USE_GTID = slave_pos;
    START SLAVE"
waited=0
until [ "$(replica Slave_IO_Running)$(replica Slave_SQL_Running)" = YesYes ]; do
    [ "$waited" -lt 10 ] || die "does not replicate: $(replica Last_IO_Error) $(replica Last_SQL_Error)"
    waited=$((waited + 1))
    sleep 0.5
done
printf 'replicating\n'
