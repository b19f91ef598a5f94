# probe: mac.selinux
dump /etc/selinux/config
section live
if command -v getenforce >/dev/null 2>&1; then
  getenforce
elif [ -e /sys/fs/selinux/enforce ]; then
  echo "enforce $(cat /sys/fs/selinux/enforce)"
elif [ -e /selinux/enforce ]; then
  echo "enforce $(cat /selinux/enforce)"
else
  echo none
fi
# probe: mac.apparmor
# whether the kernel has it on, how many profiles enforce, and whether a boot loads them
section live
f=/sys/module/apparmor/parameters/enabled
if [ ! -e $f ]; then echo none; else cat $f; fi
section profiles
f=/sys/kernel/security/apparmor/profiles
if [ -e $f ]; then need_root; grep -c '(enforce)$' $f; fi
section boot
for f in /etc/systemd/system/*.wants/apparmor.service; do [ ! -e "$f" ] || echo wanted; done
for d in /etc/systemd/system /usr/lib/systemd/system /lib/systemd/system; do
  f=$d/apparmor.service
  [ ! -e $f ] || { [ -s $f ] && echo unit || echo masked; break; }
done
exit 0
