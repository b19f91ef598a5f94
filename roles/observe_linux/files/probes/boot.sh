# probe: boot.grub
# GRUB's files: owner and mode, and the lines about passwords, the secrets reduced to their kind
need_root
section about
[ -d /sys/firmware/efi ] && echo efi || echo bios
if [ -e /run/systemd/container ] || [ -e /.dockerenv ] || [ -e /run/.containerenv ] ||
  tr '\0' '\n' </proc/1/environ 2>/dev/null | grep -q '^container='; then echo container; fi
for f in /boot/grub/grub.conf /boot/grub/menu.lst /boot/grub/grub.cfg /boot/grub/user.cfg \
  /boot/grub2/grub.cfg /boot/grub2/user.cfg /boot/efi/EFI/*/grub.cfg /boot/efi/EFI/*/grub.conf \
  /boot/efi/EFI/*/user.cfg; do
  [ -e "$f" ] || continue
  section "file $f"
  stat -L -c 'stat %a %u %g %U %G' "$f"
  # one command a line, so that no line shows what stands behind a "{" or ";"
  sed -e 's/;/\n/g' "$f" | sed -e 's/^[[:space:]]*//' | awk '
    /^#/ { next }
    { sub(/\r$/, "") }
    /^(then|else)[ \t]/ { print $1; sub(/^[a-z]+[ \t]+/, "") }
    /^(export +)?GRUB2_PASSWORD=/ {
      sub(/^[^=]*=/, ""); gsub(/["\047]/, "")
      print "hash", ($0 ~ /^grub\.pbkdf2\./) ? "pbkdf2" : ($0 == "") ? "empty" : "plain"; next }
    /^password_pbkdf2[ \t]/ {
      print $1, $2, ($3 ~ /^["\047]?grub\.pbkdf2\./) ? "pbkdf2" : ($3 ~ /GRUB2_PASSWORD/) ? "variable" : "other"
      next }
    /^password[ \t]/ { print $1, ($2 ~ /^--/) ? $2 : "plain", (NF > 2) ? "set" : ""; next }
    /^(menuentry|submenu|function)/ { sub(/\{.*/, "{"); print substr($0, 1, 200); next }
    /^(title|blscfg|configfile|source|\.|if|elif|else|then|fi|})/ || /superusers/ {
      print substr($0, 1, 200) }'
done
exit 0
# probe: boot.arguments
# which security modules the kernel was, and next time will be, told to use
need_root
words='selinux=|enforcing=|security=|lsm=|apparmor='
section now
tr ' ' '\n' </proc/cmdline | grep -E "^($words)"
section entries
for f in /boot/grub/grub.conf /boot/grub/grub.cfg /boot/grub2/grub.cfg /boot/grub2/grubenv \
  /boot/efi/EFI/*/grub.conf /boot/efi/EFI/*/grub.cfg /boot/efi/EFI/*/grubenv /boot/loader/entries/*.conf \
  /etc/kernel/cmdline; do
  [ -f "$f" ] || continue
  awk -v f="$f" -v words="^($words)" '
    /^[ \t]*(kernel|linux|linux16|linuxefi|options|kernelopts=)/ || f ~ /cmdline$/ {
      sub(/^kernelopts=/, ""); line = ""
      for (i = 1; i <= NF; i++) if ($i ~ words) line = line " " $i
      print "entry " f line }' "$f" | sort -u
done
exit 0
# probe: boot.units
# the shells of rescue and emergency mode, and what Ctrl-Alt-Del does, as the next boot has it
for d in /etc/systemd/system /usr/local/lib/systemd/system /usr/lib/systemd/system \
  /lib/systemd/system; do
  for u in rescue.service emergency.service; do
    for f in $d/$u $d/$u.d/*.conf $d/service.d/*.conf; do
      if [ -e "$f" ] && [ ! -s "$f" ]; then section masked "$f"
      elif [ -e "$f" ]; then dump "$f"; fi
    done
  done
  for f in $d/*.wants/debug-shell.service; do
    [ ! -h "$f" ] && [ ! -e "$f" ] || section wanted "$f"
  done
  f=$d/ctrl-alt-del.target
  if [ -e "$f" ] && [ ! -s "$f" ]; then section masked "$f"
  elif [ -e "$f" ] || [ -h "$f" ]; then section present "$f"; fi
done
dump /etc/systemd/system.conf /etc/systemd/system.conf.d/*.conf /run/systemd/system.conf.d/*.conf \
  /usr/lib/systemd/system.conf /usr/lib/systemd/system.conf.d/*.conf \
  /usr/local/lib/systemd/system.conf.d/*.conf
dump /etc/sysconfig/init /etc/init/control-alt-delete.conf /etc/init/control-alt-delete.override
# probe: boot.manager
# what the running systemd does on Ctrl-Alt-Del
need systemctl
[ -d /run/systemd/system ] || { echo "systemd is not running" >&2; exit 127; }
systemctl --version | head -n 1
systemctl show -p LoadState ctrl-alt-del.target
systemctl show -p CtrlAltDelBurstAction
# probe: boot.trust
# Secure Boot, TPM and IMA, as the kernel shows them; the variable is 4 bytes and the value
section secure_boot
if [ ! -d /sys/firmware/efi ]; then
  echo bios
else
  for f in /sys/firmware/efi/efivars/SecureBoot-* /sys/firmware/efi/vars/SecureBoot-*/data; do
    [ -r "$f" ] && od -An -t u1 "$f" | awk '{ v = $NF } END { print v }' && break
  done
fi
section tpm
for f in /sys/class/tpm/tpm*; do
  [ ! -e "$f" ] || echo "${f##*/} $(cat "$f/tpm_version_major" 2>/dev/null)"
done
section ima
f=/sys/kernel/security/ima/runtime_measurements_count
if [ -r $f ]; then [ "$(cat $f)" -gt 1 ] && echo measuring || echo idle
elif [ -d /sys/kernel/security ] && [ ! -e /sys/kernel/security/ima ]; then echo none
else echo unknown; fi
exit 0
