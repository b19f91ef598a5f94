# probe: files.modes
# Type, mode and owner of the files whose permissions have rules; of a link, what it leads to.
# ls marks a file with ACL entries beyond its mode with a plus.
look() {
  left=$#
  while [ "$left" -gt 0 ]; do
    path=$1
    shift
    left=$((left - 1))
    if [ -e "$path" ]; then set -- "$@" "$path"
    elif [ -h "$path" ]; then printf 'dangling|||||||%s\n' "$path"
    elif absent "$path"; then printf 'missing|||||||%s\n' "$path"
    else printf 'denied|||||||%s\n' "$path"
    fi
  done
  [ $# -gt 0 ] || return 0
  find -L "$@" -maxdepth 0 -printf '%y|%m|%U|%G|%u|%g||%p\0' | tr '\0\001-\037\177' '\n?'
  ls -ldLq "$@" | awk '$1 ~ /\+$/ { sub(/^[^\/]*/, ""); print "acl|||||||" $0 }'
}
section accounts
look /etc/passwd /etc/passwd- /etc/group /etc/group- /etc/shadow /etc/shadow- /etc/gshadow \
  /etc/gshadow- /etc/security/opasswd
section sudo
look /etc/sudoers /etc/sudoers.d /etc/sudoers.d/* /etc/sudoers.d/.[!.]*
section ssh
look /etc/ssh/sshd_config /etc/ssh/sshd_config.d /etc/ssh/sshd_config.d/*.conf \
  /etc/ssh/ssh_host_*key /etc/ssh/ssh_host_*key.pub \
  $(cat /etc/ssh/sshd_config /etc/ssh/sshd_config.d/*.conf 2>/dev/null |
    sed -n 's/^[[:space:]]*[Hh][Oo][Ss][Tt][Kk][Ee][Yy][[:space:]=]\{1,\}"\{0,1\}\(\/[^"[:space:]]*\).*/\1/p' |
    sort -u | grep -v '^/etc/ssh/ssh_host_')
section cron
look /etc/cron.allow /etc/cron.deny /etc/at.allow /etc/at.deny /etc/crontab /etc/cron.d \
  /etc/cron.hourly /etc/cron.daily /etc/cron.weekly /etc/cron.monthly
section programs
look /usr/sbin/crond /usr/sbin/cron /usr/sbin/fcron /usr/bin/at /usr/sbin/atd /usr/sbin/sshd
# probe: files.attributes
# what ls shows beyond the mode (a + says: extra ACL entries), the entries, chattr's letters
set -- /etc/passwd /etc/group /etc/shadow /etc/gshadow /etc/sudoers /etc/audit/audit.rules
for path in /etc/audit/rules.d/*.rules; do set -- "$@" "$path"; done
for path; do
  shift
  if [ -e "$path" ]; then set -- "$@" "$path"
  elif ! absent "$path"; then echo "cannot look at $path" >&2; exit 126
  fi
done
section modes
ls -ldLn "$@" | awk '{ line = $1 "|" $3; sub(/^[^\/]*/, ""); print line "|" $0 }'
section acl
if command -v getfacl >/dev/null 2>&1; then getfacl -ps "$@" 2>/dev/null; fi
section attributes
if command -v lsattr >/dev/null 2>&1; then lsattr -d "$@" 2>/dev/null; fi
# probe: files.tls_keys
# files below /etc that hold a private key; host keys of sshd are looked at by their own probe
# limit: 60
need_root
set -- /etc
for folder in /usr/local/nginx/conf /usr/local/apache2/conf /usr/local/etc /var/lib/pgsql \
  /opt/nginx/conf; do [ ! -d "$folder" ] || set -- "$@" "$folder"; done
find "$@" -xdev -maxdepth 6 \( -path /etc/ssh -o -path /etc/pki/ca-trust \) -prune -o \
  -type f -size -64k \( -name '*.key' -o -name '*.pem' -o -name '*.crt' -o -name '*key' \
  -o -path '*/private/*' -o -path '*/ssl/*' \) -print0 |
  xargs -0 -r grep -lZe '-----BEGIN [A-Z ]*PRIVATE KEY' |
  xargs -0 -r sh -c 'find "$@" -maxdepth 0 -printf "%y|%m|%U|%G|%u|%g||%p\0"' sh |
  tr '\0\001-\037\177' '\n?'
# probe: files.search
# One pass over the local system file systems for all rules about files. Network, data and
# pseudo file systems are left out and named; so is the storage of containers.
# limit: 100
# cap: 1048576
need find
need_root
scope=$(awk '
  BEGIN {
    split("ext2 ext3 ext4 xfs btrfs jfs reiserfs f2fs zfs overlay aufs simfs rootfs bcachefs", w, " ")
    for (i in w) disk[w[i]] = 1
    split("/ /boot /etc /home /opt /root /tmp /usr /var /var/log /var/log/audit /var/tmp " \
      "/var/lib /var/spool /var/cache /var/opt /var/mail /var/crash", s, " ")
    for (i in s) place[s[i]] = 1
    split("/tmp /var/tmp /dev/shm", m, " ")
    for (i in m) memory[m[i]] = 1
    split("proc sysfs devtmpfs devpts tmpfs ramfs cgroup cgroup2 securityfs pstore debugfs " \
      "tracefs mqueue hugetlbfs configfs fusectl binfmt_misc rpc_pipefs bpf efivarfs selinuxfs " \
      "nsfs autofs squashfs iso9660 udf vfat fuse.gvfsd-fuse fuse.lxcfs", p, " ")
    for (i in p) pseudo[p[i]] = 1
  }
  { type[$2] = $3 }
  END {
    for (at in type) {
      kind = type[at]
      if (kind == "tmpfs" && at in memory) print "yes|" kind "|" at
      else if (at !~ /^\/(run|proc|sys|dev)\// && kind in disk)
        print (at in place || at ~ /^\/(etc|usr|boot|home)\// ? "yes|" : "data|") kind "|" at
      else if (at == "/" || !(kind in pseudo || at ~ /^\/(run|proc|sys|dev)\//))
        print "foreign|" kind "|" at
    }
  }' /proc/mounts | sort)
set --
for at in $(printf '%s\n' "$scope" | sed -n 's/^yes|[^|]*|//p'); do set -- "$@" "$at"; done
section scope
printf '%s\n' "$scope"
[ $# -gt 0 ] || exit 0
stores='/var/lib/docker /var/lib/containers /var/lib/containerd /var/lib/kubelet /var/lib/lxc
  /var/lib/lxd /var/lib/machines /var/lib/mock'
prune='-path /proc -o -path /sys -o -path /dev/pts -o -path /run -o -path */.local/share/containers'
set -f
for at in $stores; do
  prune="$prune -o -path $at"
  [ ! -d "$at" ] || printf 'containers||%s\n' "$at"
done
ids() {
  awk -F: -v word="$2" '$1 !~ /^[#+-]/ && $1 != "" && $3 ~ /^[0-9]+$/ && !seen[$3]++ && n++ < 100 {
    printf " -o %s %s", word, $3 }' "$1"
}
uids=$(ids /etc/passwd -uid)
gids=$(ids /etc/group -gid)
entry='%y|%m|%U|%G|%u|%g||%p\0'
# the known ids come first: asking for the name of every file's owner would take minutes
found=$({
  find "$@" -xdev \( -type d \( $prune \) -prune \) -o \( \
    \( -type f -perm -0002 -printf "w|$entry" \) , \
    \( -type d -perm -0002 ! -perm -1000 -printf "d|$entry" \) , \
    \( ! \( -uid 0 $uids \) -nouser -printf "u|$entry" \) , \
    \( ! \( -gid 0 $gids \) -nogroup -printf "g|$entry" \) , \
    \( -type f \( -perm -4000 -o -perm -2000 \) -printf "s|$entry" \) , \
    \( \( -name .rhosts -o -name .shosts -o -name .netrc -o -name hosts.equiv \
      -o -name shosts.equiv \) -xtype f -printf "r|$entry" \) \)
  printf 'end|%s\0' "$?"
} | tr '\0\001-\037\177' '\n?' | awk -F'|' '
  ++n[$1] <= 300 { print }
  END { for (class in n) if (n[class] > 300) print "more|" class "|" n[class] - 300 }')
set +f
section found
printf '%s\n' "$found" | sort -u
privileged=$(printf '%s\n' "$found" | grep '^s|' | cut -d'|' -f9-)
if command -v rpm >/dev/null 2>&1 && [ -d "$(rpm --eval '%{_dbpath}')" ]; then
  section rpm
  printf '%s' "$privileged" | tr '\n' '\0' |
    xargs -0 -r rpm -qf --qf '[%{FILEMODES:octal} %{FILENAMES}\n]' 2>/dev/null |
    awk '$1 ~ /^0?10[2-7][0-7][0-7][0-7]$/ && !seen[$0]++'
fi
if command -v dpkg-query >/dev/null 2>&1; then
  section dpkg
  printf '%s\n' "$privileged" | sed -n '/./{p;s|^/usr/|/|p;}' | tr '\n' '\0' |
    xargs -0 -r dpkg-query -S 2>/dev/null
fi
exit 0
