# What lives outside files: accounts (lines of files that others change too), kernel parameters,
# units, and the rules that the kernel holds.

# -- accounts -------------------------------------------------------------------------------

ops_lines() { # name, folder: keep the account's lines there
  for ops_path in passwd shadow; do
    grep "^$1:" "/etc/$ops_path" >"$OPS_DIR/$2/$OPS_N.$ops_path" || [ "$ops_path" = shadow ] ||
      return 1
  done
}

ops_snapshot_account() { # name
  ops_lines "$1" before
}

ops_differs() { # number of a field: is it another in $ops_new? Both into $ops_from and $ops_to
  ops_from=$ops_old ops_to=$ops_new ops_before=$1
  while [ "$ops_before" -gt 1 ]; do
    ops_from=${ops_from#*:} ops_to=${ops_to#*:} ops_before=$((ops_before - 1))
  done
  ops_from=${ops_from%%:*} ops_to=${ops_to%%:*}
  [ "$ops_from" != "$ops_to" ]
}

ops_place_account() { # name, before, after: uid:gid:home:shell:password:six numbers of days
  ops_who=$1 ops_old=$2 ops_new=$3
  if ops_differs 4; then ops_run usermod -s "$ops_to" "$ops_who" || return 1; fi
  set --
  for ops_pair in 6:-d 7:-m 8:-M 9:-W 10:-I 11:-E; do
    if ops_differs "${ops_pair%:*}"; then set -- "$@" "${ops_pair#*:}" "${ops_to:--1}"; fi
  done
  if [ $# -gt 0 ]; then ops_run chage "$@" "$ops_who" || return 1; fi
  ops_differs 5
  case $ops_from:$ops_to in
    *:locked) case $ops_old in *:locked:*) ;; *) ops_run usermod -L "$ops_who" || return 1 ;; esac ;;
    locked:set) ops_run usermod -U "$ops_who" || return 1 ;;
  esac
  ops_lines "$ops_who" after
  ops_account "$ops_who"
  ops_wanted=$ops_new
  ops_compare "$ops_who" account
}

ops_undo_account() { # name: each of its lines, when it is as the transaction left it
  ops_account_failed=0
  for ops_file in passwd shadow; do
    ops_was=$OPS_DIR/before/$OPS_N.$ops_file
    [ -s "$ops_was" ] || continue
    ops_line_now=$(grep "^$1:" "/etc/$ops_file")
    [ "$ops_line_now" != "$(cat "$ops_was")" ] || continue
    if [ "$OPS_FORCE" != yes ] &&
      [ "$ops_line_now" != "$(cat "$OPS_DIR/after/$OPS_N.$ops_file" 2>/dev/null)" ]; then
      ops_account "$1" # what is told of it holds no hash
      ops_tell changed "$1" "$2" "$3" "$ops_is"
      ops_account_failed=1
    else
      ops_swap_line "$1" "$ops_file" "$ops_was" || ops_account_failed=1
    fi
  done
  return "$ops_account_failed"
}

ops_swap_line() { # name, passwd or shadow, the file with its old line
  ops_when=$(ops_now)
  ops_lock_file "/etc/$2.lock" || return 1
  ops_swap_locked "$@"
  ops_swapped=$?
  rm -f "/etc/$2.lock"
  ops_tell ran "$OPS_N" "$ops_when" "$ops_swapped" \
    "awk: the line of $1 in /etc/$2 as it was in $3" ''
  return "$ops_swapped"
}

ops_swap_locked() {
  cp -a -- "/etc/$2" "/etc/$2.opsrunner~" &&
    awk -F: -v name="$1" -v from="$3" '
      $1 == name { getline old <from; print old; next }
      { print }' "/etc/$2" >"/etc/$2.opsrunner~" &&
    [ -s "/etc/$2.opsrunner~" ] && mv -f -T -- "/etc/$2.opsrunner~" "/etc/$2"
}

ops_lock_file() { # the lock that usermod, chage and vipw honour
  ops_tries=0
  until (set -C && printf '%s' "$ops_pid" >"$1") 2>/dev/null; do
    ops_tries=$((ops_tries + 1))
    if [ "$ops_tries" -gt 10 ]; then
      [ "$OPS_FORCE" = yes ] && break
      ops_tell trouble "$1" "somebody is changing accounts"
      return 1
    fi
    sleep 1
  done
}

# -- kernel parameters ----------------------------------------------------------------------

ops_place_sysctl() { # key, before, after: set with all others, by ops_set_lives
  ops_settings=$ops_settings$1=$3$OPS_NL
}

ops_set_lives() { # every kernel parameter in one command, and look what the kernel made of each
  [ -n "$ops_settings" ] || return 0
  ops_each_line "$ops_settings" ops_run sysctl -w && ops_took
}

ops_took_sysctl() { # key, before, after: what the kernel made of it
  ops_live "$1"
  ops_wanted=$3
  ops_compare "$1" sysctl
}

ops_undo_sysctl() { # key, before, after
  ops_live "$1"
  [ -n "$ops_is" ] || [ "$OPS_BY" != boot ] || return 0 # its module or interface is not up yet
  ops_may_undo "$1" "$2" "$3" "$ops_is"
  case $? in 1) return 1 ;; 2) return 0 ;; esac
  ops_run sysctl -w "$1=$2"
}

ops_note_network() { # name: net.ipv4.ip_forward, conf.all and others set many at once
  [ -n "$OPS_NETWORK" ] || return 0
  grep -H . /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv[46]/conf/*/* \
    >"$OPS_DIR/network.$1" 2>/dev/null
  [ -s "$OPS_DIR/network.$1" ]
}

# Setting ip_forward back resets redirects too: what counts is how it was, not what we changed.
# A value that somebody set since the change stays his. Twice, because "all" may set the others.
ops_undo_network() {
  [ -s "$OPS_DIR/network.before" ] && [ -z "$OPS_ONLY" ] || return 0
  [ "$OPS_FORCE" != yes ] || cp "$OPS_DIR/network.found" "$OPS_DIR/network.after"
  for ops_tries in 1 2; do
    ops_note_network now
    awk '
      { path = $0; sub(/:.*/, "", path); value = substr($0, length(path) + 2) }
      FILENAME ~ /before$/ { before[path] = value; next }
      FILENAME ~ /after$/ { after[path] = value; next }
      FILENAME ~ /found$/ { found[path] = value; next }
      (path in before) && value != before[path] && found[path] == after[path] {
        print path, before[path]
      }' "$OPS_DIR/network.before" "$OPS_DIR/network.after" "$OPS_DIR/network.found" \
      "$OPS_DIR/network.now" >"$OPS_DIR/network.back"
    while read -r ops_path ops_value; do
      ops_run sysctl -w "$(printf '%s' "${ops_path#/proc/sys/}" | tr ./ /.)=$ops_value"
    done <"$OPS_DIR/network.back"
  done
}

# -- units ----------------------------------------------------------------------------------

ops_systemd() { # succeed where systemd runs the host and can be asked
  [ -d /run/systemd/system ] && command -v systemctl >/dev/null 2>&1
}

ops_links() { # every link and folder that says what starts at boot, our own left out
  find /etc/systemd/system /etc/rc.d /etc/rc[0-6S].d \( -type l -o -type d \) \
    -printf '%y %p %l\n' 2>/dev/null | grep -v opsrunner-undo | sort
}

ops_note_links() { # name
  [ -z "$OPS_UNITS" ] || ops_links >"$OPS_DIR/links.$1"
}

ops_switch_unit() { # name, enabled before, active before, enabled, active
  case $4 in
    -) ;;
    masked | disabled | enabled) ops_enable "$1" "$2" "$4" || return 1 ;;
  esac
  case $5 in
    yes) ops_start start "$1" || return 1 ;;
    no) ops_start stop "$1" || return 1 ;;
  esac
  OPS_SIDE=after
  ops_hold_unit "$@"
}

ops_enable() { # name, before, wanted
  if ! ops_systemd; then
    case $3 in
      enabled) ops_run chkconfig "${1%.service}" on ;;
      *) ops_run chkconfig "${1%.service}" off ;;
    esac
    return
  fi
  if [ "$2" = masked ]; then ops_run systemctl unmask "$1" || return 1; fi
  case $3 in
    enabled) ops_run systemctl enable "$1" ;;
    disabled) ops_run systemctl disable "$1" ;;
    masked) ops_run systemctl mask "$1" ;;
  esac
}

ops_start() { # start or stop, name
  if ! ops_systemd; then
    ops_run service "${2%.service}" "$1"
  elif [ "$OPS_BY" = boot ]; then
    ops_run systemctl --no-block "$1" "$2" # the boot waits for us: waiting for it would not end
  else
    ops_run systemctl "$1" "$2"
  fi
}

ops_undo_links() { # exactly the links and folders that came, went or changed
  [ -s "$OPS_DIR/links.before" ] || return 0
  [ -s "$OPS_DIR/links.after" ] || ops_links >"$OPS_DIR/links.after"
  ops_pick() { # the lines of the units asked for, without those that are somebody else's now
    { if [ -z "$OPS_ONLY" ]; then cat; else grep -F -e "$OPS_ONLY"; fi; } |
      { if [ -z "$ops_kept_units" ]; then cat; else grep -v -F -e "$ops_kept_units"; fi; }
  }
  ops_links >"$OPS_DIR/links.now"
  grep -v -x -F -f "$OPS_DIR/links.before" "$OPS_DIR/links.after" | ops_pick |
    grep -x -F -f - "$OPS_DIR/links.now" | sort -r >"$OPS_DIR/links.came"
  grep -v -x -F -f "$OPS_DIR/links.after" "$OPS_DIR/links.before" | ops_pick >"$OPS_DIR/links.went"
  while read -r ops_kind ops_path ops_to; do
    case $ops_kind in
      l) ops_do rm -f -- "$ops_path" ;;
      d) [ -n "$(ls -A "$ops_path")" ] || ops_do rmdir -- "$ops_path" ;;
    esac
  done <"$OPS_DIR/links.came"
  while read -r ops_kind ops_path ops_to; do
    case $ops_kind in
      d) [ -d "$ops_path" ] || ops_do mkdir -m 0755 -- "$ops_path" ;;
      l) [ -h "$ops_path" ] || ops_do ln -s -T -- "$ops_to" "$ops_path" ;;
    esac
    ops_label "$ops_path"
  done <"$OPS_DIR/links.went"
  if ops_systemd && { [ -s "$OPS_DIR/links.came" ] || [ -s "$OPS_DIR/links.went" ]; }; then
    ops_run systemctl daemon-reload
  fi
}

ops_restart_unit() { # name, enabled before, active before, enabled, active: as before
  [ "$5" != - ] || return 0
  ops_unit "$1"
  [ "$ops_active" != "$3" ] || return 0
  if [ "$OPS_FORCE" != yes ] && [ "$ops_active" != "$5" ]; then return 0; fi
  if [ "$3" = yes ]; then ops_start start "$1"; else ops_start stop "$1"; fi
}

ops_undo_unit() { # name...: only whether it may be; the links are put back all together
  [ "$OPS_FORCE" != yes ] || return 0
  ops_unit "$1"
  if [ "$4" != - ] && [ "$ops_enabled" != "$4" ] && [ "$ops_enabled" != "$2" ]; then
    ops_tell changed "$1" "$2" "$4" "$ops_enabled"
    ops_kept_units="$ops_kept_units${ops_kept_units:+$OPS_NL}/$1"
    return 1
  fi
}
