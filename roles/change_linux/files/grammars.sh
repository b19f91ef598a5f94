# Validators of formats that have no tool which checks a file without loading it.

validate_sysctl_file() {
  ops_each_staged ops_sysctl_file /etc/sysctl.conf '/etc/sysctl.d/*.conf' '/usr/lib/sysctl.d/*.conf'
}

ops_sysctl_file() {
  ops_grammar sysctl_file '
    /^[[:space:]]*([#;].*)?$/ { next }
    /^[[:space:]]*-[^=]+$/ { next }
    !/^[[:space:]]*-?[A-Za-z0-9_.*\/@:-]+[[:space:]]*=[[:space:]]*[^[:space:]]/ {
      print file ":" NR ": no \"key = value\"\n"
    }' "$1"
}

validate_systemd_unit() {
  ops_each_staged ops_unit_file '/etc/systemd/*' '/usr/lib/systemd/*' '/lib/systemd/*'
}

ops_unit_file() {
  ops_grammar systemd_unit '
    more { more = /\\$/; next }
    /^[[:space:]]*([#;].*)?$/ { next }
    /^\[[A-Za-z0-9-]+\][[:space:]]*$/ { section = 1; next }
    !section { print file ":" NR ": stands in no section\n"; next }
    !/^[A-Za-z0-9-]+[[:space:]]*=/ { print file ":" NR ": no \"Key=value\"\n" }
    { more = /\\$/ }' "$1"
}

validate_crontab() {
  ops_each_staged ops_system_crontab /etc/crontab '/etc/cron.d/*' &&
    ops_each_staged ops_user_crontab '/var/spool/cron/*'
}

ops_system_crontab() { ops_grammar crontab "BEGIN { users = 1 } $OPS_CRON" "$1"; }
ops_user_crontab() { ops_grammar crontab "BEGIN { users = 0 } $OPS_CRON" "$1"; }

OPS_CRON='
  /^[[:space:]]*(#.*)?$/ { next }
  /^[[:space:]]*[A-Za-z_][A-Za-z0-9_]*[[:space:]]*=/ { next }
  $1 ~ /^@/ {
    if ($1 !~ /^@(reboot|yearly|annually|monthly|weekly|daily|midnight|hourly)$/ || NF < 2 + users)
      print file ":" NR ": no job\n"
    next
  }
  NF < 6 + users { print file ":" NR ": too few fields\n"; next }
  {
    for (i = 1; i <= 5; i++) {
      if ($i ~ /^[0-9*][0-9*,\/~-]*$/ || (i > 3 && $i ~ /^[A-Za-z0-9,\/*-]+$/)) continue
      print file ":" NR ": field " i " is no time\n"
      next
    }
  }'

validate_fstab() {
  ops_each_staged ops_fstab /etc/fstab
}

ops_fstab() {
  ops_grammar fstab '
    /^[[:space:]]*(#.*)?$/ { next }
    NF < 4 || NF > 6 { print file ":" NR ": " NF " fields\n"; next }
    $2 !~ /^\// && $2 !~ /^(none|swap)$/ { print file ":" NR ": no mount point\n" }
    $4 !~ /^[^,]+(,[^,]+)*$/ { print file ":" NR ": no options\n" }
    $5 !~ /^[0-9]*$/ || $6 !~ /^[0-9]*$/ { print file ":" NR ": dump and pass are numbers\n" }' "$1"
}

validate_audit_rules() {
  ops_calls=''
  if command -v ausyscall >/dev/null 2>&1; then
    ops_calls=$({ ausyscall --dump; ausyscall i386 --dump; ausyscall arm --dump; } 2>/dev/null |
      awk 'NF == 2 { printf " %s", $2 } END { print " " }')
  fi
  ops_each_staged ops_audit_file /etc/audit/audit.rules '/etc/audit/rules.d/*.rules'
}

ops_audit_file() { # the grammar of auditctl: it can only check what it loads
  ops_grammar audit_rules "$OPS_AUDIT
    BEGIN { calls = \"$ops_calls\" }" "$1"
}

OPS_AUDIT='
  function bad(why) { print file ":" NR ": " why "\n" }
  function syscalls(list,    n, i, names) {
    n = split(list, names, ",")
    for (i = 1; i <= n; i++)
      if (names[i] !~ /^([0-9]+|all)$/ && calls != "" && index(calls, " " names[i] " ") == 0)
        bad("no system call " names[i])
  }
  function field(word,    name) {
    if (!match(word, /!=|<=|>=|&=|=|<|>|&/)) { bad("no field and value: " word); return }
    name = substr(word, 1, RSTART - 1)
    if (name !~ /^(a[0-3]|arch|auid|devmajor|devminor|dir|egid|euid|exe|exit|field_compare|filetype|fsgid|fstype|fsuid|gid|inode|key|loginuid|msgtype|obj_(gid|lev_high|lev_low|role|type|uid|user)|path|perm|pers|pid|ppid|saddr_fam|sessionid|sgid|subj_(clr|role|sen|type|user)|success|suid|uid)$/)
      bad("no field " name)
    if (RSTART + RLENGTH > length(word)) bad("no value of " name)
    if (name == "perm" && substr(word, RSTART + RLENGTH) !~ /^[rwxa]+$/) bad("no permissions: " word)
    if (name ~ /^(path|dir|exe)$/ && substr(word, RSTART + RLENGTH, 1) != "/") bad("no path: " word)
  }
  /^[[:space:]]*(#.*)?$/ { next }
  $1 ~ /^(-D|-c|-i|-l|-s|--loginuid-immutable|--reset-lost|--reset_backlog_wait_time_actual)$/ { next }
  $1 ~ /^(-b|-f|-e|-r|--backlog_wait_time)$/ {
    if (NF != 2 || $2 !~ /^[0-9]+$/) bad($1 " takes one number")
    next
  }
  $1 ~ /^-[wW]$/ && $2 !~ /^\// { bad("a watch names an absolute path"); next }
  $1 ~ /^-[aAd]$/ && $2 !~ /^((task|exit|user|exclude|filesystem|io_uring),(always|never|possible)|(always|never|possible),(task|exit|user|exclude|filesystem|io_uring))$/ {
    bad("no list and action: " $2); next
  }
  $1 !~ /^-[wWaAd]$/ { bad("no rule: " $1); next }
  {
    for (i = 3; i <= NF; i += 2) {
      if (i == NF) bad($i " has no value")
      else if ($i == "-p") { if ($1 !~ /^-[wW]$/ || $(i + 1) !~ /^[rwxa]+$/) bad("no permissions: " $(i + 1)) }
      else if ($i == "-k") { if (length($(i + 1)) > 31) bad("a key of more than 31 characters") }
      else if ($i == "-S") syscalls($(i + 1))
      else if ($i == "-F") field($(i + 1))
      else if ($i == "-C") { if ($(i + 1) !~ /^[a-z_]+(!=|=)[a-z_]+$/) bad("no comparison: " $(i + 1)) }
      else bad("unknown option " $i)
    }
  }'
