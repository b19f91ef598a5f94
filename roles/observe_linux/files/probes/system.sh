# probe: system.release
dump /etc/os-release /etc/redhat-release /etc/centos-release /etc/kylin-release \
  /etc/.productinfo /etc/debian_version
section kernel
uname -r
section machine
uname -m
section hostname
uname -n
# probe: system.processes
# volatile
# Owner and name of every process once; never arguments: they may hold passwords. Left out are
# kernel threads, the session this probe runs in, and what runs in a container of this host.
need ps
system_session=$(ps -o sid= -p $$ | tr -d ' ')
system_own=$(readlink /proc/self/ns/pid 2>/dev/null)
{
  ls -l /proc/[0-9]*/ns/pid 2>/dev/null
  echo processes
  ps -eo ppid=,pid=,sid=,uid=,comm=
} | awk -v own="$system_own" -v session="$system_session" '
  $0 == "processes" { listed = 1; next }
  !listed { n = split($(NF - 2), part, "/"); if ($NF != own) other[part[3]] = 1; next }
  $1 == 2 || $2 == 2 || $2 in other || (session > 1 && $3 == session) { next }
  { $1 = $2 = $3 = ""; sub(/^ +/, ""); print }' | sort -u
