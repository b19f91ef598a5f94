# Files and attributes: kept, staged beside their targets, put in place by a rename, put back.

ops_foreign() { # path: succeed when somebody else than root owns a folder on the way to it
  case $ops_by_root in *"$OPS_NL${1%/*}$OPS_NL"*) return 1 ;; esac # looked at before
  ops_path=$1 ops_dir=${1%/*}
  set -- /
  while [ -n "$ops_dir" ]; do
    set -- "$@" "$ops_dir"
    ops_dir=${ops_dir%/*}
  done
  case $(stat -c %u -- "$@" 2>/dev/null) in *[!0"$OPS_NL"]*) return 0 ;; esac
  ops_by_root=$ops_by_root${ops_path%/*}$OPS_NL
  return 1
}

ops_temp() { # path: where its new content waits, into $ops_temp
  # A name that no reader of a drop-in folder takes for one of its files: sudoers.d, cron.d,
  # logrotate.d and run-parts pass by what ends in "~" (logrotate not if it begins with a dot).
  # In a folder of somebody else a file of ours could be swapped for a link, so there it waits
  # among our own.
  if ops_foreign "$1"; then
    ops_temp=$OPS_DIR/waiting.$OPS_N
  else
    ops_temp=$1.opsrunner~
  fi
}

ops_label() { # path: give a new file the SELinux context that the policy wants there
  if [ -e /sys/fs/selinux/enforce ] || [ -e /selinux/enforce ]; then
    if command -v restorecon >/dev/null 2>&1; then ops_do restorecon -- "$1"; fi
  fi
  return 0
}

ops_parents() { # folder: make what is missing of it, each on record before it is made
  if [ -z "$1" ] || [ -d "$1" ]; then return 0; fi
  ops_parents "${1%/*}" || return 1
  printf '%s\n' "$1" >>"$OPS_DIR/made" && ops_do mkdir -m 0755 -- "$1" && ops_label "$1"
}

ops_unmake() { # remove the folders made for this transaction, unless others put something there
  [ -s "$OPS_DIR/made" ] || return 0
  sort -r "$OPS_DIR/made" >"$OPS_DIR/made.back" 2>/dev/null || return 0
  while IFS= read -r ops_path; do
    if [ -d "$ops_path" ] && [ -z "$(ls -A "$ops_path")" ]; then ops_do rmdir -- "$ops_path"; fi
  done <"$OPS_DIR/made.back"
  return 0
}

ops_snapshot_file() { # path, before
  case $2 in absent*) return 0 ;; esac
  ops_do cp -a -- "$1" "$OPS_DIR/before/$OPS_N"
}

ops_copy_file() { ops_add_path "$OPS_DIR/before/$OPS_N"; }

ops_kept_file() { # path, before: is its copy what it was?
  case $2 in absent*) return 0 ;; esac
  ops_found "$OPS_DIR/before/$OPS_N"
  ops_wanted=$2
  ops_compare "$1" snapshot
}

ops_stage_file() { # path, before, after: in the stage tree for validators, and beside its target
  case $3 in absent*) printf '%s\n' "$1" >>"$OPS_DIR/removed"; return ;; esac
  [ -d "$OPS_STAGE${1%/*}" ] || mkdir -p "$OPS_STAGE${1%/*}" || return 1
  ops_content "$OPS_N" >"$OPS_STAGE$1" || return 1
  ops_parents "${1%/*}" || return 1
  ops_temp "$1"
  # A copy of the old file keeps its labels, ACL and other attributes; then the content changes.
  if [ -f "$1" ]; then ops_do cp -a -- "$1" "$ops_temp" || return 1; fi
  ops_do cp -- "$OPS_STAGE$1" "$ops_temp" || return 1
  ops_attributes "$ops_temp" "$3"
}

ops_waiting_file() { # path, before, after
  case $3 in absent*) return 0 ;; esac
  ops_temp "$1"
  ops_add_path "$ops_temp"
}

ops_staged_file() { # path, before, after: is what waits what shall be?
  case $3 in absent*) return 0 ;; esac
  ops_temp "$1"
  ops_found "$ops_temp"
  ops_wanted=$3
  ops_compare "$1" staged
}

ops_attributes() { # path, state: its owner, then its mode, for chown takes setuid bits away
  ops_path=$1
  # shellcheck disable=SC2086 - the words of a state
  set -- $2
  ops_had=$(stat -c '%a %u %g' "$ops_path")
  if [ "${ops_had#* }" != "$4 $5" ]; then
    ops_caps=$(getcap "$ops_path" 2>/dev/null | sed 's/.* //')
    ops_do chown -h "$4:$5" -- "$ops_path" || return 1
    [ -z "$ops_caps" ] || ops_do setcap "$ops_caps" "$ops_path" || return 1
    ops_had=$(stat -c '%a %u %g' "$ops_path")
  fi
  [ "${ops_had%% *}" = "$3" ] || ops_chmod "$3" "$ops_path"
}

ops_chmod() { # mode, path: as its owner where he could swap it for a link under our hands
  if ops_foreign "$2" && [ "${2#"$OPS_DIR"}" = "$2" ] && command -v setpriv >/dev/null 2>&1; then
    # shellcheck disable=SC2046 - two numbers
    set -- "$1" "$2" $(stat -c '%u %g' "$2")
    ops_do setpriv "--reuid=$3" "--regid=$4" --clear-groups -- chmod "$1" -- "$2"
  else
    [ ! -h "$2" ] && ops_do chmod "$1" -- "$2"
  fi
}

ops_place_file() { # path, before, after
  case $3 in absent*) ops_do rm -f -- "$1"; return ;; esac
  ops_temp "$1"
  ops_do mv -f -T -- "$ops_temp" "$1" || return 1
  case $2 in absent*) ops_label "$1" ;; esac
}

ops_place_attributes() { # path, before, after
  ops_attributes "$1" "$3"
}

# -- undo ---------------------------------------------------------------------------------

ops_may_undo() { # target, before, after, what is there: 0 go on, 1 refused, 2 nothing to do
  [ "$4" != "$2" ] || return 2
  if [ "$4" = "$3" ] || [ "$OPS_FORCE" = yes ]; then return 0; fi
  ops_tell changed "$1" "$2" "$3" "$4"
  return 1
}

ops_undo_file() { # path, before, after
  ops_temp "$1"
  rm -f -- "$ops_temp"
  ops_found "$1"
  ops_may_undo "$1" "$2" "$3" "$ops_is"
  case $? in 1) return 1 ;; 2) return 0 ;; esac
  if [ "$ops_is" != "$3" ] && [ -f "$1" ]; then # neither ours nor the old one: keep it
    mkdir -p "$OPS_DIR/found" && ops_do cp -a -- "$1" "$OPS_DIR/found/$OPS_N"
  fi
  case $2 in
    absent*) ops_do rm -f -- "$1" ;;
    *) ops_put_back "$OPS_DIR/before/$OPS_N" "$1" "$2" ;;
  esac
  ops_found "$1"
  ops_wanted=$2
  ops_compare "$1" file
}

ops_put_back() { # snapshot, path, state
  ops_found "$1"
  if [ "$ops_is" != "$3" ]; then
    ops_tell trouble "$2" "its snapshot is damaged: $ops_is"
    return 1
  fi
  ops_temp "$2"
  [ -d "${2%/*}" ] || ops_parents "${2%/*}"
  if ops_do cp -a -- "$1" "$ops_temp" && ops_do mv -f -T -- "$ops_temp" "$2"; then return 0; fi
  rm -f -- "$ops_temp" # no room for a second copy: into the file that is there
  ops_do cp -- "$1" "$2" && ops_attributes "$2" "$3"
}

ops_undo_attributes() { # path, before, after
  ops_looked "$1"
  ops_may_undo "$1" "$2" "$3" "$ops_is"
  case $? in 1) return 1 ;; 2) return 0 ;; esac
  ops_attributes "$1" "$2"
  ops_looked "$1"
  ops_wanted=$2
  ops_compare "$1" attributes
}

# -- side files: what the tools we call write besides ---------------------------------------

ops_sides() { # their paths
  if [ -n "$OPS_ACCOUNTS" ]; then
    printf '%s\n' /etc/passwd- /etc/shadow- /etc/.pwd.lock
  fi
  case " $OPS_ACTIVATE " in *' audit_rules '*)
    printf '%s\n' /etc/audit/audit.rules /etc/audit/audit.rules.prev ;;
  esac
}

ops_note_sides() { # name: write down what each is now
  for ops_path in $(ops_sides); do
    ops_found "$ops_path"
    printf '%s %s\n' "$ops_path" "$ops_is"
  done >"$OPS_DIR/sides.$1"
}

ops_keep_sides() {
  ops_note_sides before || return 1
  for ops_path in $(ops_sides); do
    [ ! -f "$ops_path" ] || ops_do cp -a -- "$ops_path" "$OPS_DIR/before/side.${ops_path##*/}" ||
      return 1
  done
}

ops_undo_sides() {
  [ -f "$OPS_DIR/sides.before" ] || return 0
  while read -r ops_side_path ops_was; do
    ops_found "$ops_side_path"
    [ "$ops_is" != "$ops_was" ] || continue
    # Written by somebody else before this undo began: it is his, and no setting.
    ops_found_line=$(grep -F "$ops_side_path " "$OPS_DIR/sides.found" | head -n 1)
    [ "$OPS_FORCE" = yes ] || grep -q -x -F -e "$ops_found_line" "$OPS_DIR/sides.after" || continue
    case $ops_was in
      absent*) ops_do rm -f -- "$ops_side_path" ;;
      *) ops_put_back "$OPS_DIR/before/side.${ops_side_path##*/}" "$ops_side_path" "$ops_was" ;;
    esac
  done <"$OPS_DIR/sides.before"
}
