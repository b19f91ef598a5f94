# probe: time.sources
# volatile
# what the time daemons say of their sources; names are not resolved, nothing is set
if command -v chronyc >/dev/null 2>&1; then
  for ops_what in sources tracking; do
    section "chronyc $ops_what"
    chronyc -n $ops_what 2>&1
  done
fi
if command -v ntpq >/dev/null 2>&1; then
  section ntpq
  ntpq -pn 2>&1
fi
if [ -d /run/systemd/system ] && systemctl is-active -q systemd-timesyncd; then
  section synchronized
  timedatectl show -p NTPSynchronized 2>&1
  section timesync
  timedatectl timesync-status 2>&1
fi
:
