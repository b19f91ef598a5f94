# Checks of staged files, before any of them is put in place. A name of the closed list is a
# function validate_NAME; it fails with a sentence about what is wrong.
#
# What is spread over several files is put together as a tree of its own below $OPS_TREE: the
# files as they are with the staged ones laid over them, and includes led into that tree. So
# nothing invalid is ever in its place, not even for the blink of an eye in which sudo, PAM or
# cron would read it. Before a confirmation, with nothing staged, the same functions check what is.

ops_validate() { # every validator asked for; all of them are heard
  ops_invalid=0
  for ops_name in $OPS_VALIDATE; do
    OPS_TREE=$OPS_DIR/tree.$ops_name
    rm -rf "$OPS_TREE"
    mkdir -p "$OPS_TREE" || return 1
    ops_shown=$ops_name ops_told=''
    if ! "validate_$ops_name" && ! ops_was_so "$ops_name"; then
      ops_tell invalid "$ops_name" "$ops_shown" "$ops_told"
      ops_invalid=1
    fi
    rm -rf "$OPS_TREE"
  done
  return "$ops_invalid"
}

ops_was_so() { # validator: what it says against the files it said before the change as well
  # sshd is not among them: with errors it would not come up again.
  case $1 in rsyslog | logrotate) ops_filter=error ;; sudoers) ops_filter=. ;; *) return 1 ;; esac
  ops_kept_shown=$ops_shown ops_kept_told=$ops_told
  ops_complaints >"$OPS_DIR/complaints"
  if [ -d "$OPS_STAGE" ]; then
    ops_unstaged ops_old_complaints "$1" >"$OPS_DIR/complaints.$1"
  fi
  ops_shown=$ops_kept_shown ops_told=$ops_kept_told
  [ -s "$OPS_DIR/complaints.$1" ] || return 1
  ! grep -q -v -x -F -f "$OPS_DIR/complaints.$1" "$OPS_DIR/complaints" || return 1
  ops_tell note "$1" "not valid before the change either: $ops_told"
}

ops_complaints() { # of the command that ran last, wherever in the file they are
  grep -i -e "$ops_filter" "$OPS_OUT" | sed 's/[0-9][0-9]*/N/g' | sort -u
}

ops_old_complaints() { # validator
  rm -rf "$OPS_TREE"
  "validate_$1" || ops_complaints
}

ops_unstaged() { # words: run them as if nothing were staged
  OPS_STAGE=$OPS_DIR/nothing
  [ ! -e "$OPS_DIR/removed" ] || mv "$OPS_DIR/removed" "$OPS_DIR/removed.aside"
  "$@"
  [ ! -e "$OPS_DIR/removed.aside" ] || mv "$OPS_DIR/removed.aside" "$OPS_DIR/removed"
  OPS_STAGE=$OPS_DIR/stage
}

ops_staged() { # patterns: the staged files among them, one a line, as absolute paths
  [ -d "$OPS_STAGE" ] || return 0
  find "$OPS_STAGE" -type f | sed "s#^$OPS_STAGE##" | while IFS= read -r ops_path; do
    for ops_pattern; do
      # shellcheck disable=SC2254 - a pattern
      case $ops_path in $ops_pattern) printf '%s\n' "$ops_path"; break ;; esac
    done
  done
}

ops_to_go() { # path: succeed when it is staged to be removed
  [ -s "$OPS_DIR/removed" ] && grep -q -x -F -e "$1" "$OPS_DIR/removed"
}

ops_view() { # path: what is or will be in its place, on stdout
  ops_real=$(readlink -m -- "$1")
  if [ -f "$OPS_STAGE$ops_real" ]; then
    cat "$OPS_STAGE$ops_real"
  elif ! ops_to_go "$ops_real"; then
    cat "$1" 2>/dev/null
  fi
}

ops_tree() { # files and folders: as they will be, below $OPS_TREE
  for ops_root; do
    ops_plain=''
    if [ -d "$ops_root" ] || [ -d "$OPS_STAGE$ops_root" ]; then
      ops_into=$OPS_TREE$ops_root
      mkdir -p "$ops_into" || return 1
      for ops_leaf in $({ ls -A "$ops_root"; ls -A "$OPS_STAGE$ops_root"; } 2>/dev/null | sort -u); do
        ops_plant "$ops_root/$ops_leaf" || return 1
      done
    else
      ops_into=$OPS_TREE${ops_root%/*}
      mkdir -p "$ops_into" && ops_plant "$ops_root" || return 1
    fi
    [ -z "$ops_plain" ] || ops_each_line "$ops_plain" cp -L -t "$ops_into" -- || return 1
  done
}

ops_plant() { # path: one file of the tree, or into $ops_plain; what waits beside its target is none
  case $1 in *.opsrunner~) return 0 ;; esac
  ops_real=$1
  [ ! -h "$1" ] || ops_real=$(readlink -m -- "$1")
  if [ -f "$OPS_STAGE$ops_real" ]; then
    cat "$OPS_STAGE$ops_real" >"$OPS_TREE$1"
  elif [ -f "$1" ] && ! ops_to_go "$ops_real"; then
    ops_plain=$ops_plain$1$OPS_NL
  fi
}

ops_lead() { # extended pattern of a line's beginning, path: let such lines name the tree's path
  find "$OPS_TREE" -type f | while IFS= read -r ops_path; do
    sed -r "/$1/s#([[:space:]\"=])$2#\\1$OPS_TREE$2#g" "$ops_path" >"$OPS_DIR/led" &&
      cat "$OPS_DIR/led" >"$ops_path"
  done
  rm -f "$OPS_DIR/led"
}

ops_grammar() { # name, awk program, files: it prints what is wrong with each
  ops_shown="check of $1"
  ops_program=$2
  shift 2
  ops_told=''
  for ops_checked; do
    ops_view "$ops_checked" >"$OPS_TREE/checked"
    ops_told=$ops_told$(awk -v file="$ops_checked" "$ops_program" "$OPS_TREE/checked")
  done
  ops_told=$(printf '%s' "$ops_told" | head -c 2000 | ops_mask)
  [ -z "$ops_told" ]
}

ops_each_staged() { # function, patterns: call it with every staged file among them
  ops_function=$1
  shift
  ops_staged "$@" >"$OPS_TREE/list"
  while IFS= read -r ops_each_path; do
    "$ops_function" "$ops_each_path" || return 1
  done <"$OPS_TREE/list"
}

validate_sshd() {
  ops_tree /etc/ssh/sshd_config /etc/ssh/sshd_config.d || return 1
  # A path without a slash in front is taken from /etc/ssh.
  find "$OPS_TREE" -type f | while IFS= read -r ops_path; do
    awk -v tree="$OPS_TREE" '
      tolower($1) == "include" {
        for (i = 2; i <= NF; i++) {
          if ($i ~ /^"?\/etc\/ssh\//) { sub(/\/etc\/ssh\//, tree "/etc/ssh/", $i) }
          else if ($i ~ /^"?[^\/"]/) { sub(/^"?/, "&" tree "/etc/ssh/", $i) }
        }
      }
      { print }' "$ops_path" >"$OPS_TREE/led" && cat "$OPS_TREE/led" >"$ops_path"
  done
  mkdir -p /run/sshd 2>/dev/null
  ops_run "$(command -v sshd || echo /usr/sbin/sshd)" -t -f "$OPS_TREE/etc/ssh/sshd_config"
}

validate_sudoers() {
  ops_tree /etc/sudoers /etc/sudoers.d || return 1
  ops_lead '^[#@]include' /etc/sudoers
  find "$OPS_TREE" -type f -exec chmod 0440 {} +
  ops_run visudo -c -f "$OPS_TREE/etc/sudoers"
}

validate_rsyslog() {
  ops_tree /etc/rsyslog.conf /etc/rsyslog.d || return 1
  ops_lead 'IncludeConfig|include[[:space:]]*\(' /etc/rsyslog.d
  ops_run rsyslogd -N1 -f "$OPS_TREE/etc/rsyslog.conf"
}

validate_logrotate() {
  ops_tree /etc/logrotate.conf /etc/logrotate.d || return 1
  ops_lead '^[[:space:]]*include' /etc/logrotate.d
  # An old one says errors and ends with 0.
  ops_run logrotate -d -s "$OPS_TREE/status" "$OPS_TREE/etc/logrotate.conf" &&
    ! grep -q '^error:' "$OPS_OUT"
}

validate_firewalld() {
  # Its files are read at a reload alone; a check of another folder came with firewalld 0.9.
  ops_each_staged ops_xml '/etc/firewalld/*.xml'
}

ops_xml() { # path: a well-formed document, by whatever tool there is
  if command -v xmllint >/dev/null 2>&1; then
    ops_run xmllint --noout "$OPS_STAGE$1"
  else
    ops_grammar firewalld "$OPS_XML" "$1"
  fi
}

OPS_XML='
  { text = text $0 "\n" }
  END {
    while (match(text, /<!--([^-]|-[^-])*-->|<\?[^>]*\?>/)) {
      text = substr(text, 1, RSTART - 1) substr(text, RSTART + RLENGTH)
    }
    while (match(text, /<[^>]*>/)) {
      tag = substr(text, RSTART + 1, RLENGTH - 2)
      text = substr(text, RSTART + RLENGTH)
      name = tag; sub(/^\//, "", name); sub(/[ \t\n\/].*/, "", name)
      if (tag ~ /^!/ || tag ~ /\/$/) continue
      if (tag !~ /^\//) open[++depth] = name
      else if (open[depth--] != name) { print file ": </" name "> closes nothing\n"; exit }
    }
    if (depth > 0) print file ": <" open[depth] "> is never closed\n"
    if (text ~ /</) print file ": a tag is never closed\n"
  }'

validate_iptables() {
  ops_each_staged ops_table /etc/sysconfig/iptables /etc/sysconfig/ip6tables \
    '/etc/iptables/rules.v[46]'
}

ops_table() { # path
  case $1 in
    *ip6tables | *.v6) ops_run sh -c "exec ip6tables-restore --test <$OPS_STAGE$1" ;;
    *) ops_run sh -c "exec iptables-restore --test <$OPS_STAGE$1" ;;
  esac
}

validate_shell() {
  ops_each_staged ops_shell_file '*'
}

ops_shell_file() { # path: by the shell that will read it; csh has no dry run everywhere
  case $1 in
    *.csh | *csh.cshrc | *csh.login | */.cshrc | */.login | */.tcshrc)
      if command -v tcsh >/dev/null 2>&1; then ops_run tcsh -n "$OPS_STAGE$1"; fi ;;
    *.sh | *profile | *bashrc | */.bash_* | */init.d/* | */rc.local)
      if command -v bash >/dev/null 2>&1; then ops_run bash -n "$OPS_STAGE$1"
      else ops_run sh -n "$OPS_STAGE$1"; fi ;;
  esac
}
