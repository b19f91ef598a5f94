# probe: desktop.login
# does a display manager start: the alias its unit puts there, the target, on EL 6 the runlevel
section manager
if [ -h /etc/systemd/system/display-manager.service ] ||
  [ -e /usr/lib/systemd/system/display-manager.service ]; then echo alias; fi
if command -v systemctl >/dev/null && [ -d /run/systemd/system ]; then
  systemctl is-active display-manager.service 2>/dev/null | grep -x active
else
  [ -x /etc/X11/prefdm ] && echo alias
fi
section default
if command -v systemctl >/dev/null && [ -d /run/systemd/system ]; then
  systemctl get-default
else
  awk -F: '/^[ \t]*#/ { next } $3 == "initdefault" { print $2 }' /etc/inittab 2>/dev/null
fi
section sessions
ls /usr/share/xsessions /usr/share/wayland-sessions 2>/dev/null | grep '\.desktop$' || :
# probe: desktop.dconf
dump /etc/dconf/profile/user
for file in /etc/dconf/db/*.d/* /etc/dconf/db/*.d/locks/*; do
  [ -d "$file" ] || dump "$file"
done
section times
for file in /etc/dconf/db/* /etc/dconf/db/*.d/* /etc/dconf/db/*.d/locks/*; do
  [ -f "$file" ] && stat -c '%Y %n' "$file"
done
:
