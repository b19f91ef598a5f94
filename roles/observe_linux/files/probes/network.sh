# probe: network.listeners
# protocol, local address, port and program of every listening socket, never pids.
# PROC_ROOT makes ss read /proc/net: over netlink the kernel would load its diag modules.
nl_ss() { # "users:((" holds the programs; both address columns end with :port
  PROC_ROOT=/proc ss -lntup 2>/dev/null | awk '
    NR == 1 && $1 != "Netid" { exit 1 }
    $1 ~ /^(tcp|udp)/ {
      local = ""
      for (i = 2; i <= NF && local == ""; i++) if ($i ~ /:[0-9]+$/) local = $i
      if (local == "") next
      port = local; sub(/^.*:/, "", port); sub(/:[0-9]+$/, "", local)
      rest = $0; names = ""
      while (match(rest, /\("[^"]*",/)) {
        name = substr(rest, RSTART + 2, RLENGTH - 4); gsub(/[ \t]/, "_", name)
        if (index("," names ",", "," name ",") == 0) names = names (names == "" ? "" : ",") name
        rest = substr(rest, RSTART + RLENGTH)
      }
      print substr($1, 1, 3), local, port, names == "" ? "-" : names
    }
    END { if (NR == 0) exit 1 }'
}
nl_netstat() {
  netstat -lntup 2>/dev/null | awk '
    /Local Address/ { seen = 1 }
    $1 ~ /^(tcp|udp)6?$/ {
      local = $4; port = local; sub(/^.*:/, "", port); sub(/:[^:]*$/, "", local)
      name = "-"
      for (i = 6; i <= NF; i++) if ($i ~ /^[0-9]+\//) { name = $i; sub(/^[0-9]+\//, "", name); sub(/:$/, "", name) }
      print substr($1, 1, 3), local, port, name
    }
    END { if (!seen) exit 1 }'
}
nl_proc() { # hexadecimal, words of four bytes in the order of the machine (taken as little endian)
  [ -r /proc/net/tcp ] || return 1
  for nl_file in tcp tcp6 udp udp6; do
    [ -r "/proc/net/$nl_file" ] && awk -v p="${nl_file%6}" '
      function hex(s,  n, i) { n = 0; s = tolower(s)
        for (i = 1; i <= length(s); i++) n = n * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
        return n }
      NR > 1 && ((p == "tcp" && $4 == "0A") || (p == "udp" && $4 == "07")) {
        split($2, a, ":")
        if (length(a[1]) == 8)
          at = hex(substr(a[1], 7, 2)) "." hex(substr(a[1], 5, 2)) "." hex(substr(a[1], 3, 2)) "." hex(substr(a[1], 1, 2))
        else if (a[1] == "00000000000000000000000000000000") at = "::"
        else if (a[1] == "00000000000000000000000001000000") at = "::1"
        else if (substr(a[1], 1, 24) == "0000000000000000FFFF0000")
          at = hex(substr(a[1], 31, 2)) "." hex(substr(a[1], 29, 2)) "." hex(substr(a[1], 27, 2)) "." hex(substr(a[1], 25, 2))
        else at = "ipv6:" a[1]
        print p, at, hex(a[2]), "-"
      }' "/proc/net/$nl_file"
  done
  return 0
}
nl_all=''
if command -v ss >/dev/null 2>&1; then nl_all=$(nl_ss) && nl_ok=1; fi
if [ -z "$nl_ok" ] && command -v netstat >/dev/null 2>&1; then nl_all=$(nl_netstat) && nl_ok=1; fi
if [ -z "$nl_ok" ]; then nl_all=$(nl_proc) && nl_ok=1; fi
[ -n "$nl_ok" ] || { echo "no ss, no netstat, no /proc/net" >&2; exit 127; }
[ -z "$nl_all" ] || printf '%s\n' "$nl_all" | sort -u
# probe: network.mail
dump /etc/postfix/main.cf
if [ -e /etc/postfix/master.cf ] && [ ! -r /etc/postfix/master.cf ]; then
  section denied /etc/postfix/master.cf
  exit 0
fi
section master
[ ! -e /etc/postfix/master.cf ] || awk '/^[^# \t]/ && $2 == "inet" { print $1, $2, $NF }' /etc/postfix/master.cf
