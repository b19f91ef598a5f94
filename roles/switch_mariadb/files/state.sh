# How this server stands now. Reads only. Out: read_only, address, replica, position.
printf 'read_only %s\n' "$(sql 'SELECT @@read_only')"
if has_address; then echo 'address yes'; else echo 'address no'; fi
printf 'replica %s\n' "$(replica Slave_IO_Running)$(replica Slave_SQL_Running)"
printf 'position %s\n' "$(sql 'SELECT @@gtid_binlog_pos')"
