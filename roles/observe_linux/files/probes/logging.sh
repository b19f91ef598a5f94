# probe: logging.rsyslog
# rsyslog's configuration and two levels of what it includes; database passwords are masked
need_root
ops_mask_log() {
  sed -e 's/\(:om[a-z]*sql:[^,]*,[^,]*,[^,]*,\)[^;[:space:]]*/\1<masked>/' \
    -e 's/^\(.*>[^,[:space:]]*,[^,[:space:]]*,[^,[:space:]]*,\)[^;[:space:]]*/\1<masked>/' \
    -e 's/\([Pp][Ww][Dd]="\)[^"]*/\1<masked>/g' -e 's/\([Pp]assword="\)[^"]*/\1<masked>/g'
}
ops_included() {
  cat "$@" 2>/dev/null | sed -n \
    's/^[[:space:]]*\$[Ii][Nn][Cc][Ll][Uu][Dd][Ee][Cc][Oo][Nn][Ff][Ii][Gg][[:space:]]*\([^[:space:]#]*\).*/\1/p'
  cat "$@" 2>/dev/null | sed 's/^[[:space:]]*#.*//' | tr '\n\t' '  ' | sed 's/include *(/\n&/g' |
    sed -n 's/^include *([^)]*file *= *"\([^"]*\)".*/\1/p'
}
ops_show() {
  for ops_file; do
    [ -d "$ops_file" ] && { ops_show "${ops_file%/}"/*; continue; }
    if [ -f "$ops_file" ] && [ -r "$ops_file" ]; then
      section file "$ops_file"
      head -c 262144 "$ops_file" | ops_mask_log
    else
      dump "$ops_file"
    fi
  done
}
set -- /etc/rsyslog.conf
ops_show "$@"
ops_first=$(ops_included /etc/rsyslog.conf)
ops_show $ops_first
ops_second=$(ops_included $ops_first)
[ -n "$ops_second" ] && ops_show $ops_second
section other
for ops_file in /etc/syslog-ng/syslog-ng.conf /etc/syslog.conf; do
  [ -e "$ops_file" ] && echo "$ops_file"
done
:
# probe: logging.journald
# journald's configuration and where its files really are
need_root
dump /etc/systemd/journald.conf /usr/lib/systemd/journald.conf \
  /etc/systemd/journald.conf.d/*.conf /run/systemd/journald.conf.d/*.conf \
  /usr/lib/systemd/journald.conf.d/*.conf
section journals
for ops_file in /var/log/journal/*/system.journal /run/log/journal/*/system.journal; do
  [ -f "$ops_file" ] && stat -c '%a|%U|%G|%n' "$ops_file"
done
[ -d /var/log/journal ] && echo /var/log/journal
:
# probe: logging.logrotate
# logrotate's configuration and what it includes
need_root
dump /etc/logrotate.conf
for ops_file in $(sed -n 's/^[[:space:]]*include[[:space:]=]*\([^[:space:]#]*\).*/\1/p' \
  /etc/logrotate.conf 2>/dev/null); do
  section include "$ops_file"
  if [ -d "$ops_file" ]; then dump "${ops_file%/}"/*; else dump "$ops_file"; fi
done
# probe: logging.modes
# mode and owner of log files: those below /var/log, and those rsyslog names elsewhere
need_root
section files
{
  find -L /var/log -maxdepth 2 ! -type l -printf '%y|%m|%u|%g|%p\n'
  sed 's/^[[:space:]]*#.*//' /etc/rsyslog.conf /etc/rsyslog.d/*.conf | grep -oE '/[A-Za-z0-9_./+-]+' |
    sort -u | while read -r ops_file; do
    case $ops_file in /var/log/* | /etc/* | /dev/* | /usr/*) continue ;; esac
    [ -f "$ops_file" ] && find -L "$ops_file" -maxdepth 0 -printf '%y|%m|%u|%g|%p\n'
  done
} 2>/dev/null | grep -v '^[^df]' | sort
section umask
if [ -d /run/systemd/system ]; then systemctl show -p UMask rsyslog.service
else grep -hs '^[[:space:]]*umask' /etc/sysconfig/rsyslog /etc/init.d/rsyslog; fi
:
# probe: logging.addresses
# this host's own names and addresses: sending logs there is not sending them away
section names
uname -n
section addresses
if command -v ip >/dev/null 2>&1; then
  ip -o addr show 2>/dev/null | awk '{ sub(/\/.*/, "", $4); print $4 }' | sort -u
else
  need hostname
  hostname -I
fi
dump /etc/hosts
