# probe: audit.live
# what the kernel holds now; counters and the daemon's process id are left out
need auditctl
need_root
for ops_what in -s -l; do
  ops_said=$(auditctl $ops_what 2>&1) || { echo "auditctl $ops_what: $ops_said" >&2; exit 1; }
  section "auditctl $ops_what"
  printf '%s\n' "$ops_said" | sed -e 's/lost[= ][0-9]*//' -e 's/backlog[= ][0-9]*//' \
    -e 's/backlog_wait_time_actual[= ][0-9]*//' -e 's/pid\([= ]\)[1-9][0-9]*/pid\1running/'
done
# probe: audit.files
# configuration of auditd, its rules and its forwarding plugins; hidden files are not read by it
need_root
[ -d /etc/audit/rules.d ] && section rules.d
dump /etc/audit/auditd.conf /etc/audit/audit.rules /etc/audit/rules.d/*.rules \
  /etc/sysconfig/auditd /etc/audisp/plugins.d/*.conf /etc/audit/plugins.d/*.conf \
  /etc/audisp/audisp-remote.conf /etc/audit/audisp-remote.conf
# probe: audit.unit
# how systemd would start it, drop-ins included; times and process ids are left out
need systemctl
[ -d /run/systemd/system ] || { echo "systemd is not running" >&2; exit 127; }
for ops_unit in auditd.service audit-rules.service; do
  section "unit $ops_unit"
  systemctl show -p LoadState -p UnitFileState -p RefuseManualStop -p ExecStart \
    -p ExecStartPost "$ops_unit" | sed 's/ ; start_time=.*}/ }/'
done
# probe: audit.paths
# which of the paths that rules are asked for exist, linked folders, privileged programs
need_root
section exist
for ops_path in /etc/selinux /etc/apparmor.d /etc/sysconfig/network-scripts /etc/network \
  /etc/netplan /etc/NetworkManager/system-connections/*.nmconnection; do
  [ -e "$ops_path" ] && echo "$ops_path"
done
section links
for ops_path in /bin /sbin /lib /lib64 /var/run; do
  [ -h "$ops_path" ] && echo "$ops_path $(readlink -f "$ops_path")"
done
section modprobe
readlink -f /sbin/modprobe
section uid_min
[ -r /etc/login.defs ] && awk '$1 == "UID_MIN" { word = $2 } END { print word }' /etc/login.defs
section privileged
find /bin /sbin /usr/bin /usr/sbin /usr/libexec /usr/lib/openssh /usr/lib/dbus-1.0 \
  /usr/lib/polkit-1 /usr/local/bin /usr/local/sbin \
  -xdev -type f -perm /6000 -printf '%m %p\n' 2>/dev/null | sort
section faillock
grep -hs '^[[:space:]]*dir[[:space:]]*=' /etc/security/faillock.conf
grep -hs 'pam_faillock.*dir=' /etc/pam.d/* | sort -u
section sudolog
grep -hsE '^[[:space:]]*Defaults.*logfile' /etc/sudoers /etc/sudoers.d/*
:
# probe: audit.modes
# owner and mode of the tools, the configuration and the logs; links are followed
need_root
section tools
for ops_path in auditctl auditd ausearch aureport autrace augenrules audispd aulast aulastlog \
  auvirt; do
  for ops_dir in /sbin /usr/sbin /usr/bin; do
    [ -e "$ops_dir/$ops_path" ] && printf '%s\n' "$ops_dir/$ops_path"
  done
done | xargs -r stat -L -c '%F|%a|%U|%G|%n'
section configuration
[ -e /etc/audit ] && find -L /etc/audit /etc/audisp /etc/libaudit.conf -maxdepth 2 \
  -printf '%y|%m|%u|%g|%p\n' 2>/dev/null | sort
section logs
ops_log=$(sed -n 's/^ *[Ll][Oo][Gg]_[Ff][Ii][Ll][Ee]  *=  *\([^ ]*\) *$/\1/p' /etc/audit/auditd.conf 2>/dev/null | tail -n 1)
ops_log=${ops_log:-/var/log/audit/audit.log}
find -L "${ops_log%/*}" -maxdepth 1 -printf '%y|%m|%u|%g|%p\n' 2>/dev/null | sort
:
# probe: audit.records
# volatile
# which fields the newest audit records carry, by type; never their values
need_root
ops_log=$(sed -n 's/^ *[Ll][Oo][Gg]_[Ff][Ii][Ll][Ee]  *=  *\([^ ]*\) *$/\1/p' /etc/audit/auditd.conf 2>/dev/null | tail -n 1)
ops_log=${ops_log:-/var/log/audit/audit.log}
[ -e "$ops_log" ] || { section missing "$ops_log"; exit 0; }
section fields
tail -q -n 400 "$ops_log.1" "$ops_log" 2>/dev/null | awk '{
  type = ""; have = ""
  if (match($0, /(^| )type=[A-Z0-9_]+/)) { type = substr($0, RSTART, RLENGTH); sub(/.*type=/, "", type) }
  if (type !~ /^(SYSCALL|USER_|CRED_|LOGIN|ADD_|DEL_|CONFIG_CHANGE|DAEMON_|SERVICE_)/) next
  if ($0 ~ /msg=audit\([0-9.]+:[0-9]+\)/) have = have " time"
  if ($0 ~ /[ (]auid=/) have = have " auid"
  if ($0 ~ /[ (]uid=/) have = have " uid"
  if ($0 ~ /(^| )node=/) have = have " node"
  if ($0 ~ /(success|res)=/) have = have " result"
  seen[type have] = 1
} END { for (line in seen) print line }' | sort
# probe: audit.boot
# the kernel's command line now, and what the boot loader would give it; never other lines
need_root
section cmdline
tr ' ' '\n' </proc/cmdline | grep '^audit'
ops_words='{ line = ""
  for (i = 1; i <= NF; i++) {
    gsub(/["\047]/, "", $i)
    if ($i ~ /^(linux|linux16|linuxefi|kernel|options)$/ || $i ~ /^(audit|single$|\$)/ || $i ~ /rescue|blscfg|=audit/) line = line " " $i
  }
  print FILENAME line }'
section entries
for ops_path in /boot/loader/entries/*.conf; do
  [ -f "$ops_path" ] && awk "/^options/ $ops_words" "$ops_path"
done
section grub
for ops_path in /boot/grub2/grub.cfg /boot/efi/EFI/*/grub.cfg /boot/grub/grub.cfg \
  /boot/grub/grub.conf; do
  [ -f "$ops_path" ] && awk "/^[ \t]*(linux|linux16|linuxefi|kernel|blscfg)([ \t]|\$)/ $ops_words" "$ops_path"
done
section kernelopts
for ops_path in /boot/grub2/grubenv /boot/efi/EFI/*/grubenv; do
  [ -f "$ops_path" ] && awk "/^kernelopts=/ $ops_words" "$ops_path"
done
section default
[ -f /etc/default/grub ] && awk "/^[ \t]*GRUB_CMDLINE_LINUX(_DEFAULT)?=/ $ops_words" /etc/default/grub
:
