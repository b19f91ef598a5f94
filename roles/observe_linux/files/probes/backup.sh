# probe: backup.jobs
# The backup jobs that the site declares on the host, and the newest file of each.
# A line: NAME|KIND|PATTERN|HOURS|BYTES: at least one file that matches the shell pattern (or
# stands in a folder it names) is no older than HOURS and has BYTES or more.
need_root
ops_jobs=/etc/opsrunner/backup.jobs
dump "$ops_jobs"
[ -r "$ops_jobs" ] || exit 0
head -n 64 "$ops_jobs" | tr -d '\r' | while IFS='|' read -r ops_name ops_kind ops_pattern ops_rest; do
  case $ops_name in '' | \#*) continue ;; esac
  case $ops_pattern in /*) ;; *) continue ;; esac
  section newest "$ops_name"
  ops_ifs=$IFS
  IFS=
  set -- $ops_pattern
  IFS=$ops_ifs
  find -H "$@" -maxdepth 3 -type f -printf '%T@|%s|%p\n' 2>/dev/null | sort -rn | head -n 1
done
# probe: backup.etckeeper
# when /etc was last committed, seconds since 1970
section etckeeper
[ -f /etc/.git/logs/HEAD ] && stat -c %Y /etc/.git/logs/HEAD
:
