# probe: path.folders
# every absolute folder that the profile scripts and login.defs name, and what leads to it: type,
# mode, owner and group; a name in front of it (JAVA_HOME=...) is put in where it stands as $NAME
files=$(ls /etc/profile /etc/bashrc /etc/bash.bashrc /etc/profile.d/*.sh /etc/profile.d/sh.local \
  /root/.bash_profile /root/.bash_login /root/.profile /root/.bashrc /etc/login.defs 2>/dev/null)
list=$(grep -h -e PATH -e pathmunge -e '^[[:space:]]*\(export[[:space:]]\{1,\}\)\{0,1\}[A-Z_]*=["'"'"']\{0,1\}/' \
  $files /dev/null 2>/dev/null | awk '
  /^[ \t]*#/ { next }
  {
    line = $0
    if (match(line, /[A-Za-z_][A-Za-z_0-9]*=["\047]?\/[A-Za-z0-9_.\/+-]*/)) {
      pair = substr(line, RSTART, RLENGTH); at = index(pair, "=")
      value = substr(pair, at + 1); gsub(/["\047]/, "", value)
      known[substr(pair, 1, at - 1)] = value
    }
    gsub(/\$\{?HOME\}?|~/, "/root", line)
    for (name in known) gsub("\\$\\{?" name "\\}?", known[name], line)
    n = split(line, part, /[^A-Za-z0-9_.\/+-]+/)
    for (i = 1; i <= n; i++) if (part[i] ~ /^\//) print part[i]
  }
  END {
    n = split("/usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin /root/bin /root/.local/bin", part, " ")
    for (i = 1; i <= n; i++) print part[i]
  }' | awk '{
    sub(/\/+$/, ""); if ($0 == "") $0 = "/"
    while ($0 != "" && !($0 in seen)) { seen[$0] = 1; print; sub(/\/[^\/]*$/, "") }
  } END { if (!("/" in seen)) print "/" }' | sort -u)
stat -L -c '%F|%a|%u|%g|%n' $list 2>/dev/null
for path in $list; do
  if [ ! -e "$path" ]; then
    if absent "$path"; then printf 'missing||||%s\n' "$path"; else printf 'denied||||%s\n' "$path"; fi
  fi
done
:
