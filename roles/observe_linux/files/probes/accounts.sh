# probe: accounts.passwd
# field 2 is x, a lock or nothing; a hash that stands here (no shadow) never leaves the host
if [ -f /etc/passwd ] && [ -r /etc/passwd ]; then
  section file /etc/passwd
  awk -F: -v OFS=: '$2 != "" && $2 != "x" && $2 !~ /^[*!]+$/ { $2 = "<set>" } { print }' /etc/passwd
else
  dump /etc/passwd
fi
# probe: accounts.group
if [ -f /etc/group ] && [ -r /etc/group ]; then
  section file /etc/group
  awk -F: -v OFS=: '$2 != "" && $2 != "x" && $2 !~ /^[*!]+$/ { $2 = "<set>" } { print }' /etc/group
else
  dump /etc/group
fi
# probe: accounts.shadow
# field 2 is reduced to its kind on the host: empty, locked, or the scheme in front of the salt
need_root
[ -f /etc/shadow ] || { echo "no /etc/shadow" >&2; exit 1; }
awk -F: '{
  p = $2; lock = ""
  if (p ~ /^!/) { lock = "!"; sub(/^!+/, "", p) }
  if ($2 == "") kind = "empty"
  else if ($2 ~ /^[!*]+$/ || $2 == "!!") kind = "locked"
  else if (p ~ /^\$[0-9a-z-]+\$/) { split(p, part, "$"); kind = lock "$" part[2] "$" }
  else if (p ~ /^\*/ ) kind = "locked"
  else if (p ~ /^_/ && length(p) == 20) kind = lock "bsdi"
  else if (length(p) == 13) kind = lock "des"
  else kind = lock "other"
  print $1 ":" kind ":" $3 ":" $4 ":" $5 ":" $6 ":" $7 ":" $8
}' /etc/shadow
# probe: accounts.homes
# every home once, and in it what lets somebody in: trust files and keys (their names and modes).
# A home on a network file system is named and not touched: it might hang or be mounted by that.
need_root
local_types='ext2 ext3 ext4 xfs btrfs jfs reiserfs f2fs zfs overlay aufs simfs rootfs tmpfs ramfs vfat'
all=$(awk -v types="$local_types" '
  BEGIN { n = split(types, word, " "); for (i = 1; i <= n; i++) here[word[i]] = 1 }
  FNR == NR { kind[$2] = $3; next }
  $6 !~ /^\// || seen[$6]++ { next }
  { at = $6
    while (at != "" && !(at in kind)) sub(/\/[^\/]*$/, "", at)
    type = kind[at == "" ? "/" : at]
    print (type in here ? "here" : type) "|" $6 }' /proc/mounts FS=: /etc/passwd)
section skipped
printf '%s\n' "$all" | grep -v '^here|'
homes=$(printf '%s\n' "$all" | sed -n 's/^here|//p' | sort)
each_home() {
  printf '%s\n' "$homes" | sed -n "s|/*\$||; $1" | tr '\n' '\0'
}
entry='%y|%m|%U|%G|%u|%g||%p\0'
# a path that is gone is an answer; whatever else find says stays on stderr and makes it unknown
stated='{ find -L "$@" -maxdepth 0 -printf "$0" 2>&1 1>&3 |
  grep -v -e "No such file or directory\$" -e "Not a directory\$" >&2; } 3>&1'
section homes
each_home 's|^$|/|;p' | xargs -0 -r sh -c "$stated" "$entry" | tr '\0\001-\037\177' '\n?'
section trust
each_home 'h;s|$|/.rhosts|p;g;s|$|/.shosts|p;g;s|$|/.netrc|p
  g;s|$|/.ssh/authorized_keys|p;g;s|$|/.ssh/authorized_keys2|p' |
  xargs -0 -r sh -c 'for file; do [ ! -f "$file" ] || printf "%s\0" "$file"; done' sh |
  xargs -0 -r sh -c "$stated" '%y|%m|%U|%G|%u|%g|%s|%p\0' | tr '\0\001-\037\177' '\n?'
section keys
each_home 's|$|/.ssh|p' |
  xargs -0 -r sh -c 'for folder; do [ ! -d "$folder" ] || printf "%s\0" "$folder"; done' sh |
  xargs -0 -r sh -c 'find -L "$@" -maxdepth 2 -type f -size -64k ! -name "*.pub" -print0' sh |
  xargs -0 -r grep -lZe '-----BEGIN [A-Z ]*PRIVATE KEY' |
  xargs -0 -r sh -c "$stated" "$entry" | tr '\0\001-\037\177' '\n?'
# probe: accounts.lastlog
# when each account last logged in, and which one runs this
need lastlog
section me
printf '%s\n' "${SUDO_USER:-$(id -un)}"
section lastlog
lastlog
# probe: accounts.today
# volatile
# days since 1970 by the host's own clock
echo $(($(date +%s) / 86400))
