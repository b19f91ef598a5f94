# probe: accounts.passwd
dump /etc/passwd
# probe: accounts.group
dump /etc/group
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
