# probe: software.rpm
# limit: 60
need_rpm
rpm -qa --qf '%{NAME}|%{EPOCH}|%{VERSION}|%{RELEASE}|%{ARCH}|%{INSTALLTIME}\n' | sort
# probe: software.dpkg
need dpkg-query
dpkg-query -W -f '${Package}|${Version}|${Architecture}|${db:Status-Abbrev}\n'
# probe: software.clock
# volatile
date +%s
# probe: software.kernel
# the build of the running kernel, and Debian's wish for a reboot
section build
uname -v
section reboot
ls -d /run/reboot-required /var/run/reboot-required 2>/dev/null || :
# probe: software.commands
# programs a minimal server lacks, however they came here
for ops_name in Xorg X gdm gdm3 lightdm sddm gnome-shell gcc cc g++ c++ clang gdb strace \
  tcpdump wireshark tshark dumpcap nmap masscan hping3 ettercap dsniff john hydra; do
  for ops_dir in /usr/bin /usr/sbin /bin /sbin /usr/local/bin /usr/local/sbin; do
    [ -x "$ops_dir/$ops_name" ] && [ -f "$ops_dir/$ops_name" ] && echo "$ops_name $ops_dir"
  done
done
:
# probe: software.yum
# repositories; whatever looks like a password is masked here, before the general mask
section commands
for ops_name in yum dnf microdnf; do command -v "$ops_name"; done
dump /etc/yum.conf /etc/dnf/dnf.conf /etc/yum.repos.d/*.repo /etc/yum/repos.d/*.repo \
  /etc/distro.repos.d/*.repo |
  sed -e 's/^\([[:space:]]*[A-Za-z_]*[Pp][Aa][Ss][Ss][A-Za-z_]*[[:space:]]*[=:]\).*/\1 <masked>/'
# probe: software.apt
need apt-config
ops_out=$(apt-config dump) || { echo "apt-config failed" >&2; exit 1; }
section dump
printf '%s\n' "$ops_out" | grep -iE '^(Acquire::Allow|APT::Get::AllowUnauth)' || :
dump /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources
# probe: software.advisories
# limit: 90
# cap: 4194304
# The cached advisories of yum and dnf, read without them: they write caches and logs even with
# -C. Printed: the newest security update of every installed package, by name and architecture.
need_rpm
section cached
for ops_file in /var/cache/dnf/*/repodata/repomd.xml /var/cache/yum/*/*/*/repomd.xml; do
  [ -f "$ops_file" ] && printf '%s\n' "$ops_file"
done
section files
for ops_file in /var/cache/dnf/*/repodata/*primary.xml* /var/cache/yum/*/*/*/*primary* \
  /var/cache/dnf/*/repodata/repomd.xml /var/cache/yum/*/*/*/repomd.xml; do
  [ -f "$ops_file" ] && printf '%s\n' "$ops_file"
done | { set --; while read -r ops_file; do set -- "$@" "$ops_file"; done
  [ $# -eq 0 ] || stat -c '%Y|%n' "$@"; }
section newest
{
  rpm -qa --qf 'P %{NAME}.%{ARCH}\n'
  cat /etc/dnf/modules.d/*.module 2>/dev/null | awk -F= '
    /^\[/ { n = substr($0, 2, index($0, "]") - 2); s = "" }
    $1 == "stream" { s = $2 }
    $1 == "state" && $2 == "enabled" { on[n] = 1 }
    { st[n] = s }
    END { for (n in on) print "M " n ":" st[n] }'
  for ops_file in /var/cache/dnf/*/repodata/*updateinfo.xml* /var/cache/yum/*/*/*/*updateinfo.xml*
  do [ -f "$ops_file" ] && printf 'F %s\n' "$ops_file"; done
} | awk '
  function digits(s) { match(s, /^[0-9]+/); return substr(s, 1, RLENGTH) }
  function letters(s) { match(s, /^[A-Za-z]+/); return substr(s, 1, RLENGTH) }
  function vercmp(a, b,   x, y) {
    while (a != "" || b != "") {
      sub(/^[^A-Za-z0-9~^]+/, "", a); sub(/^[^A-Za-z0-9~^]+/, "", b)
      if (a ~ /^~/ || b ~ /^~/) {
        if (a !~ /^~/) return 1
        if (b !~ /^~/) return -1
        a = substr(a, 2); b = substr(b, 2); continue
      }
      if (a ~ /^\^/ || b ~ /^\^/) {
        if (a == "") return -1
        if (b == "") return 1
        if (a !~ /^\^/) return 1
        if (b !~ /^\^/) return -1
        a = substr(a, 2); b = substr(b, 2); continue
      }
      if (a == "" || b == "") break
      if (a ~ /^[0-9]/) {
        if (b !~ /^[0-9]/) return 1
        x = digits(a); y = digits(b); a = substr(a, length(x) + 1); b = substr(b, length(y) + 1)
        sub(/^0+/, "", x); sub(/^0+/, "", y)
        if (length(x) != length(y)) return length(x) > length(y) ? 1 : -1
      } else {
        if (b !~ /^[A-Za-z]/) return -1
        x = letters(a); y = letters(b); a = substr(a, length(x) + 1); b = substr(b, length(y) + 1)
      }
      if ((x "") != (y "")) return ((x "") > (y "")) ? 1 : -1
    }
    return a == b ? 0 : (a != "" ? 1 : -1)
  }
  function attr(tag, name,   i, rest, q) {
    i = match(tag, "[ \t\n]" name "=")
    if (!i) return ""
    rest = substr(tag, i + length(name) + 2); q = substr(rest, 1, 1); rest = substr(rest, 2)
    return substr(rest, 1, index(rest, q) - 1)
  }
  function newer(e, v, r, old,   p) {
    if (old == "") return 1
    split(old, p, "|")
    if (e + 0 != p[1] + 0) return e + 0 > p[1] + 0
    return (vercmp(v, p[2]) ? vercmp(v, p[2]) : vercmp(r, p[3])) > 0
  }
  function take(rec,   i, tag, text, key, e) {
    i = index(rec, "<"); text = substr(rec, 1, i - 1); tag = substr(rec, i + 1)
    if (tag ~ /^update[ \t\n]/) { type = attr(tag, "type"); id = ""; sev = "" }
    else if (tag == "/id") id = text
    else if (tag == "/severity") sev = text
    else if (tag ~ /^collection/) module = ""
    else if (tag ~ /^module[ \t\n]/) module = attr(tag, "name") ":" attr(tag, "stream")
    else if (tag ~ /^package[ \t\n]/ && type == "security") {
      key = attr(tag, "name") "." attr(tag, "arch"); e = attr(tag, "epoch")
      if (!(key in have) || (module != "" && !(module in on))) return
      if (newer(e, attr(tag, "version"), attr(tag, "release"), best[key]))
        best[key] = (e + 0) "|" attr(tag, "version") "|" attr(tag, "release") "|" id "|" sev
    }
  }
  $1 == "P" { have[$2] = 1 }
  $1 == "M" { on[$2] = 1 }
  $1 == "F" { file[++files] = substr($0, 3) }
  END {
    for (i = 1; i <= files; i++) {
      f = file[i]; tool = "cat"
      if (f ~ /\.gz$/) tool = "gzip -dc"
      if (f ~ /\.xz$/) tool = "xz -dc"
      if (f ~ /\.bz2$/) tool = "bzip2 -dc"
      if (f ~ /\.zst$/) tool = "zstd -dc"
      q = f; gsub(/\047/, "\047\\\047\047", q)
      cmd = tool " \047" q "\047 2>/dev/null && printf \"<whole>\""
      old = RS; RS = ">"; whole = 0
      while ((cmd | getline rec) > 0) { take(rec); if (rec ~ /<whole$/) whole = 1 }
      close(cmd); RS = old
      print (whole ? "read|" : "unread|") f
    }
    for (key in best) print "update|" key "|" best[key]
  }' | sort
# probe: software.aptpending
# limit: 60
# a simulation without lock or planner log and with its cache in memory only: nothing is written
need apt-get
section lists
for ops_file in /var/lib/apt/lists/*_InRelease /var/lib/apt/lists/*_Release; do
  [ -f "$ops_file" ] || continue
  printf '%s|' "$(stat -c %Y "$ops_file")"
  awk '/^(Label|Suite|Codename):/ { printf "%s ", $0 } /^(MD5Sum|SHA256):/ { exit } END { print "|" FILENAME }' \
    "$ops_file"
done
section pending
ops_out=$(apt-get -s -o Debug::NoLocking=1 -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Ignore-Hold=1 -o Dir::Log::Planner= \
  -o APT::Get::Show-User-Simulation-Note=false dist-upgrade) || exit 1
printf '%s\n' "$ops_out" | grep '^Inst ' || :
