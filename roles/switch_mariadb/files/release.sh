# The old primary is the primary again. Only after the standby was proven not to be promoted.
revoke
persist_read_only 0
sql 'SET GLOBAL read_only = 0'
take_address
printf 'released\n'
