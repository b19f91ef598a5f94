# Can this standby take over? Reads only. In: what check_primary printed, as $primary_said.
# Out: lines "problem TEXT".
problem() { printf 'problem %s\n' "$*"; }
primary() { printf '%s\n' "$primary_said" | sed -n "s/^$1 //p"; }

[ "$(sql 'SELECT @@read_only')" = 1 ] || problem "is not read-only: two servers can be written to"
[ "$(sql 'SELECT @@log_bin AND @@log_slave_updates')" = 1 ] ||
    problem "does not log what it replicates (log_bin, log_slave_updates)"
[ "$(sql 'SELECT @@gtid_strict_mode')" = 1 ] || problem "gtid_strict_mode is off"
! has_address || problem "has the address ${address%/*} already"
[ -d "${config_file%/*}" ] || problem "no folder ${config_file%/*}"
command -v arping > /dev/null || problem "no program arping (iputils)"

source=$(replica Master_Host)
[ "$source" = "$primary_address" ] || problem "replicates from '$source', not from $primary_address"
[ "$(replica Using_Gtid)" != No ] || problem "replicates without GTID"
for thread in Slave_IO_Running Slave_SQL_Running; do
    [ "$(replica $thread)" = Yes ] || problem "$thread: $(replica $thread) ($(replica Last_Error))"
done
behind=$(replica Seconds_Behind_Master)
case $behind in
    '' | *[!0-9]*) problem "lag is not known (${behind:-no replica})" ;;
    *) [ "$behind" -le "$max_lag" ] || problem "lags by $behind s, more than $max_lag s" ;;
esac
# Seconds_Behind_Master knows nothing of what has not arrived; the position does.
reached=$(sql "SELECT MASTER_GTID_WAIT('$(primary position)', $max_lag)")
[ "$reached" = 0 ] || problem "has not reached the primary's position within $max_lag s"

# What it wrote by itself counts in the one position and not in the other. Asked again, because a
# transaction that is being replicated makes them differ for a moment.
own=yes
for _ in 1 2 3 4 5; do
    if [ "$own" = no ] || [ "$(sql 'SELECT @@gtid_current_pos = @@gtid_slave_pos')" = 1 ]; then
        own=no
    else
        sleep 0.2
    fi
done
[ "$own" = no ] || problem "has transactions of its own: $(sql 'SELECT @@gtid_current_pos')"

mine=$(compared)
printf '%s\n' "$primary_said" | grep -E '^(account|grants|tables) ' | while read -r kind name value; do
    printf '%s\n' "$mine" | grep -Fqx "$kind $name $value" ||
        problem "$kind of $name are not as on the primary"
done
primary capacity | while read -r name value; do
    have=$(sql "SELECT @@$name")
    [ "$have" -ge "$value" ] || problem "$name is $have, the primary has $value"
done
