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
# owner and name of every process once; never arguments: they may hold passwords
need ps
ps -eo ppid=,pid=,uid=,comm= | awk '$1 != 2 && $2 != 2 { $1 = ""; $2 = ""; print }' | sort -u
