# Items: one call of ops_item for each operation stands in the transaction's items.sh, in order,
#
#   ops_item N KIND TARGET BEFORE... AFTER...
#
# and ops_each VERB walks over them. A verb without a function for a kind passes it by.
# What is at a path is written "KIND SHA256 MODE UID GID": file, directory, absent, link, other.

ops_each() { # verb: call it for every item; fail when it failed for any, after all were tried
  OPS_VERB=$1 ops_failed=0
  ops_items
  OPS_N=0
  return "$ops_failed"
}

ops_item() { # number, kind, target and states
  OPS_N=$1 ops_verb_kind=ops_${OPS_VERB}_$2
  shift 2
  if [ -n "$OPS_ONLY" ] && ! ops_among "$1"; then return 0; fi
  command -v "$ops_verb_kind" >/dev/null || return 0
  "$ops_verb_kind" "$@" || ops_failed=1
}

ops_among() { # target: succeed when it was asked for
  case $OPS_NL$OPS_ONLY$OPS_NL in *"$OPS_NL$1$OPS_NL"*) return 0 ;; esac
  return 1
}

ops_found() { # path: what is there, into $ops_is
  case $ops_states in
    *"$OPS_NL$1$OPS_TAB"*)
      ops_is=${ops_states#*"$OPS_NL$1$OPS_TAB"}
      ops_is=${ops_is%%"$OPS_NL"*}
      return ;;
  esac
  if [ -h "$1" ]; then
    ops_is='link - - - -'
  elif [ -f "$1" ]; then
    ops_sum=$(sha256sum <"$1") || ops_sum=unreadable
    ops_is="file ${ops_sum%% *} $(stat -c '%a %u %g' "$1")"
  else
    ops_looked "$1"
  fi
}

ops_find_all() { # verb: the state of each file it adds to $ops_paths, in one go, into $ops_states
  ops_states='' ops_paths=''
  ops_each "$1"
  [ -n "$ops_paths" ] || return 0
  ops_states=$OPS_NL$({
    ops_each_line "$ops_paths" sha256sum --
    ops_each_line "$ops_paths" stat -c '- %a %u %g %n' --
  } 2>/dev/null | awk -v tab="$OPS_TAB" '
    $1 != "-" { sum[substr($0, 67)] = $1; next }
    { path = $0; sub(/^- [0-9]+ [0-9]+ [0-9]+ /, "", path) }
    path in sum { print path tab "file " sum[path] " " $2 " " $3 " " $4 }')$OPS_NL
}

ops_add_path() { # path: when it is a file of its own that can be asked for with others
  if [ -f "$1" ] && [ ! -h "$1" ]; then ops_paths=$ops_paths$1$OPS_NL; fi
}

ops_target_file() { ops_add_path "$1"; }

ops_each_line() { # lines, words: run the words with each line as one more word
  ops_rest=$1
  shift
  while [ -n "$ops_rest" ]; do
    set -- "$@" "${ops_rest%%"$OPS_NL"*}"
    ops_rest=${ops_rest#*"$OPS_NL"}
  done
  "$@"
}

ops_looked() { # path: the same without the digest, as for what only its attributes matter of
  if [ -h "$1" ]; then
    ops_is='link - - - -'
  elif [ -f "$1" ]; then
    ops_is="file - $(stat -c '%a %u %g' "$1")"
  elif [ -d "$1" ]; then
    ops_is="directory - $(stat -c '%a %u %g' "$1")"
  elif [ -e "$1" ]; then
    ops_is="other - $(stat -c '%a %u %g' "$1")"
  else
    ops_is='absent - - - -'
  fi
}

# -- hold: is everything as OPS_SIDE (before or after) says? -------------------------------

ops_side() { # before, after: the one that is wanted, into $ops_wanted
  ops_wanted=$1
  [ "$OPS_SIDE" = before ] || ops_wanted=$2
}

ops_compare() { # target, what of it: report when what is there is not what is wanted
  [ "$ops_is" = "$ops_wanted" ] && return 0
  case $OPS_LOOKS in
    back) ops_tell stands "$1" "$2" ;;
    *) ops_tell drift "$1" "$2" "$ops_wanted" "$ops_is" ;;
  esac
  return 1
}

ops_hold_file() { # path, before, after
  ops_side "$2" "$3"
  ops_found "$1"
  ops_compare "$1" file
}

ops_hold_attributes() {
  ops_side "$2" "$3"
  ops_looked "$1"
  ops_compare "$1" attributes
}

ops_hold_all() { # every item; files and the kernel's parameters are asked for in one go
  ops_read_lives
  ops_find_all target
  ops_each hold
  ops_holding=$?
  ops_lives='' ops_states=''
  return "$ops_holding"
}

ops_key_sysctl() { ops_keys="$ops_keys $1"; }

ops_read_lives() { # every key and its value, into $ops_lives, if each has one line; else ask each
  ops_keys='' ops_lives=''
  ops_each key
  [ -n "$ops_keys" ] || return 0
  # shellcheck disable=SC2086 - keys have no blanks
  ops_values=$(sysctl -n $ops_keys 2>/dev/null) || return 0
  ops_lives=$OPS_NL$(printf '%s\n' "$ops_values" | awk -v keys="$ops_keys" '
    BEGIN { count = split(keys, key, " ") }
    { $1 = $1; line[NR] = key[NR] " " $0 }
    END { if (NR == count) for (n = 1; n <= NR; n++) print line[n] }')$OPS_NL
}

ops_live() { # key: its value with single blanks, into $ops_is; as sysctl says it, so "/" keys too
  case $ops_lives in
    *"$OPS_NL$1 "*)
      ops_is=${ops_lives#*"$OPS_NL$1 "}
      ops_is=${ops_is%%"$OPS_NL"*}
      return ;;
  esac
  ops_is=$(sysctl -n "$1" 2>/dev/null | awk '{ $1 = $1; printf "%s%s", s, $0; s = " " }')
}

ops_hold_sysctl() { # key, before, after
  ops_side "$2" "$3"
  ops_live "$1"
  ops_compare "$1" sysctl
}

ops_unit() { # name: ops_enabled and ops_active, as the controller reads them
  ops_active=no ops_enabled=disabled
  if ! ops_systemd; then
    ops_short=${1%.service}
    ls "/etc/rc.d/rc3.d" 2>/dev/null | grep -q "^S[0-9][0-9]$ops_short\$" && ops_enabled=enabled
    service "$ops_short" status >/dev/null 2>&1 5>&- 9>&- </dev/null && ops_active=yes
    return 0
  fi
  ops_shows=$(systemctl show -p LoadState -p UnitFileState -p ActiveState -- "$1")
  case $ops_shows in *ActiveState=active* | *ActiveState=reloading* | *ActiveState=activating*)
    ops_active=yes ;;
  esac
  ops_enabled=$(printf '%s\n' "$ops_shows" | sed -n 's/^UnitFileState=//p')
  case $ops_shows in *LoadState=masked*) ops_enabled=masked ;; esac
  case $ops_enabled in '' | bad | generated)
    ops_enabled=disabled
    ls /etc/rc[2-5].d 2>/dev/null | grep -q "^S[0-9][0-9]${1%.service}\$" && ops_enabled=enabled ;;
  esac
  return 0
}

ops_hold_unit() { # name, enabled before, active before, enabled, active; "-": not touched
  ops_unit "$1"
  ops_unit_held=0
  if [ "$4" != - ]; then
    ops_side "$2" "$4"
    ops_is=$ops_enabled
    ops_compare "$1" enabled || ops_unit_held=1
  fi
  if [ "$5" != - ]; then
    ops_side "$3" "$5"
    ops_is=$ops_active
    ops_compare "$1" active || ops_unit_held=1
  fi
  return "$ops_unit_held"
}

ops_account() { # name: uid:gid:home:shell:password:days..., never the hash, into $ops_is
  ops_is=$(awk -F: -v OFS=: -v name="$1" '
    function kind(p) { return p == "" ? "empty" : p ~ /^!/ ? "locked" : p ~ /^\*/ ? "none" : "set" }
    FILENAME ~ /passwd$/ && $1 == name { who = $3 ":" $4 ":" $6 ":" $7; field = $2 }
    FILENAME ~ /shadow$/ && $1 == name { days = $3 ":" $4 ":" $5 ":" $6 ":" $7 ":" $8; hash = kind($2) }
    END {
      if (who == "") { print "absent"; exit }
      if (field != "x") hash = kind(field)
      else if (hash == "") { hash = "none"; days = ":::::" }
      print who, hash, days
    }' /etc/passwd /etc/shadow)
}

ops_hold_account() { # name, before, after
  ops_side "$2" "$3"
  ops_account "$1"
  ops_compare "$1" account
}
