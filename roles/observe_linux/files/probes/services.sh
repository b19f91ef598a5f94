# probe: services.systemd
need systemctl
[ -d /run/systemd/system ] || { echo "systemd is not running" >&2; exit 127; }
section files
systemctl list-unit-files --no-pager --no-legend --type=service,socket,timer,target
section units
systemctl list-units --all --full --no-pager --no-legend --type=service,socket,timer,target
section default
systemctl get-default
# probe: services.sysv
need chkconfig
[ ! -d /run/systemd/system ] || { echo "systemd is running" >&2; exit 127; }
section runlevel
runlevel
section services
chkconfig --list
