# What can be asked of the engine: begin, confirm, status, preview, undo, clean; the timed undo.

ops_main() { # the last line of a script that the controller sent
  ops_environment
  ops_answer | ops_pack
}

ops_answer() {
  exec 5>&1 >/dev/null
  ops_hold_on
  ops_tell engine 1 "$OPS_ACTION" "$OPS_TX"
  OPS_BY=controller OPS_FORCE=''
  case $OPS_ACTION in
    begin) ops_locked 3 ops_begin ;;
    confirm) ops_existing && ops_locked 10 ops_confirm ;;
    undo) ops_existing && ops_locked 10 ops_undo ;;
    clean) ops_existing && ops_locked 10 ops_clean ;;
    status) ops_status ;;
    preview) ops_existing && ops_locked 3 ops_preview ;;
    *) ops_refuse action "$OPS_ACTION" ;;
  esac
  OPS_LOG=''
  ops_tell end
}

ops_existing() { # the folder of a transaction that is asked about; without one, nothing is made
  [ -d "$OPS_DIR" ] || ops_refuse unknown_transaction "no transaction $OPS_TX on this host"
}

# -- begin ----------------------------------------------------------------------------------

ops_begin() {
  if ! ops_unfinished || ! ops_as_expected || ! ops_ready; then
    ops_tidy
    return 1
  fi
  if ! ops_prepare; then
    ops_refuse snapshot "what is to be changed could not be kept: $ops_told"
    ops_forget
    return 1
  fi
  if ! ops_become arming "$OPS_BY" || ! ops_arm "$OPS_UNDO_AFTER" || ! ops_armed; then
    ops_disarm
    ops_refuse not_armed "the timed undo could not be armed"
    ops_forget
    return 1
  fi
  ops_become armed "$OPS_BY" && ops_become applying "$OPS_BY" && ops_apply &&
    ops_become applied "$OPS_BY" || ops_back_out
}

ops_as_expected() { # is every item where the plan saw it?
  OPS_SIDE=before
  ops_hold_all
}

ops_forget() { # a transaction that touched nothing
  OPS_LOG='' OPS_OUT=/dev/null
  ops_unmake_quietly
  rm -rf "$OPS_DIR"
  ops_tidy
}

ops_unmake_quietly() {
  [ -s "$OPS_DIR/made" ] || return 0
  sort -r "$OPS_DIR/made" | xargs -d '\n' rmdir 2>/dev/null
  return 0
}

ops_prepare() { # the snapshot and the script of the undo, on the disk
  ops_told=''
  mkdir -m 0700 "$OPS_DIR" && mkdir "$OPS_DIR/before" "$OPS_DIR/after" "$OPS_STAGE" || return 1
  ops_private "$OPS_DIR" || return 1
  ops_become preparing "$OPS_BY" || return 1
  OPS_LOG=$OPS_DIR/log OPS_OUT=$OPS_DIR/out
  true >"$OPS_OUT" && printf '%s\n' "$OPS_ITEMS" >"$OPS_DIR/items.sh" && ops_store || return 1
  ops_each snapshot && ops_each_as copy kept && ops_keep_sides && ops_keep_live && ops_note_links before || return 1
  ops_note_network before || return 1
  ops_sync
}

ops_apply() { # stage everything, check it, put it in place, make it effective
  OPS_PLACED=no
  ops_each stage && ops_each_as waiting staged && ops_validate || return 1
  OPS_PLACED=yes OPS_SIDE=after ops_settings=''
  ops_each place && ops_set_lives || return 1
  case " $OPS_ACTIVATE " in *' systemd '*) activate_systemd || return 1 ;; esac
  ops_each switch || return 1
  ops_sync
  ops_activate || return 1
  ops_note_sides after && ops_note_links after && ops_note_network after || return 1
  rm -rf "$OPS_STAGE" "$OPS_DIR/removed"
}

ops_each_as() { # verb that adds paths, verb that asks for the state of each
  ops_find_all "$1"
  ops_each "$2"
  ops_held_all=$?
  ops_states=''
  return "$ops_held_all"
}

ops_took() { # is every kernel parameter what was set, after all of them were?
  ops_read_lives
  ops_each took
  ops_taken=$?
  ops_lives=''
  return "$ops_taken"
}

ops_back_out() { # something failed: everything as it was, at once
  OPS_BY=failure OPS_FORCE=yes
  ops_take_back
}

# -- confirm --------------------------------------------------------------------------------

ops_confirm() {
  ops_open || return 1
  ops_read_state "$OPS_DIR"
  if [ "$ops_now_is" != applied ]; then
    ops_refuse state "$OPS_TX is $ops_now_is since $ops_since ($ops_by)"
    return 1
  fi
  ops_armed || ops_tell note undo not_armed "the timed undo is not armed any more"
  OPS_SIDE=after
  if ! ops_hold_all || ! ops_validate; then
    ops_refuse not_as_left "the host is not as the change left it; the timed undo goes on"
    return 1
  fi
  ops_become confirmed "$OPS_BY" && ops_disarm
}

# -- undo -----------------------------------------------------------------------------------

ops_undo() { # asked for: what is not as the transaction left it is refused, item by item
  ops_open || return 1
  ops_read_state "$OPS_DIR"
  case $ops_now_is in
    confirmed | partly_undone) OPS_FORCE=no ;;
    undo_failed) OPS_FORCE=yes OPS_AGAIN=yes ;;
    applied | applying | armed | arming | undoing) OPS_FORCE=yes ;;
    *) ops_refuse state "$OPS_TX is $ops_now_is since $ops_since ($ops_by)"; return 1 ;;
  esac
  if [ -n "$OPS_ONLY" ] && [ "$OPS_FORCE" = yes ]; then
    ops_refuse state "$OPS_TX is $ops_now_is: it can only be undone as a whole"
    return 1
  fi
  ops_known_targets || return 1
  if [ -n "$OPS_ONLY" ] && ! ops_rehearse; then
    ops_refuse invalid "without the rest of the change this would not be valid"
    return 1
  fi
  ops_take_back
}

ops_known_targets() { # every target that was named is one of the transaction's
  [ -n "$OPS_ONLY" ] || return 0
  ops_seen=''
  ops_each name
  ops_missing=$(printf '%s\n' "$OPS_ONLY" | while IFS= read -r ops_target; do
    case $OPS_NL$ops_seen$OPS_NL in *"$OPS_NL$ops_target$OPS_NL"*) ;; *) echo "$ops_target" ;; esac
  done)
  [ -z "$ops_missing" ] || ops_refuse unknown_target "$ops_missing"
}

ops_name_file() { ops_seen=$ops_seen$OPS_NL$1; }
ops_name_attributes() { ops_name_file "$1"; }
ops_name_sysctl() { ops_name_file "$1"; }
ops_name_unit() { ops_name_file "$1"; }
ops_name_account() { ops_name_file "$1"; }

ops_rehearse() { # would the old files be valid among those that stay?
  rm -rf "$OPS_STAGE" "$OPS_DIR/removed"
  mkdir -p "$OPS_STAGE"
  ops_each rehearse && ops_validate
  ops_valid=$?
  rm -rf "$OPS_STAGE" "$OPS_DIR/removed"
  return "$ops_valid"
}

ops_rehearse_file() { # path, before
  case $2 in
    absent*) printf '%s\n' "$1" >>"$OPS_DIR/removed" ;;
    *) mkdir -p "$OPS_STAGE${1%/*}" && cat "$OPS_DIR/before/$OPS_N" >"$OPS_STAGE$1" ;;
  esac
}

ops_take_back() { # OPS_FORCE=yes, nobody confirmed it: whatever is there; no: only what is ours
  ops_become undoing "$OPS_BY" || [ "$OPS_FORCE" = yes ] || return 1
  ops_back=0
  rm -rf "$OPS_STAGE" "$OPS_DIR/removed"
  ops_note_network found
  ops_note_sides found
  ops_kept_units=''
  ops_each undo || ops_back=1
  if [ "$OPS_PLACED" = yes ]; then
    ops_undo_links
    ops_undo_network
    ops_activate || ops_still_fails || ops_back=1
    if [ -z "$OPS_ONLY" ]; then
      ops_undo_live
      ops_undo_sides
    elif cmp -s "$OPS_DIR/sides.found" "$OPS_DIR/sides.after"; then
      ops_note_sides after # what the activations of this part of an undo wrote is ours too
    fi
    ops_each restart
  fi
  ops_settle
}

ops_still_fails() { # asked for again: a service that fails once more is a note, not a dead end
  [ "${OPS_AGAIN:-}" = yes ] || return 1
  ops_tell note undo service_fails "everything is as before, but a service could not be made to take it: see above"
}

ops_settle() { # the state in which the undo ends; a failed one stays armed for the next boot
  if [ "$OPS_FORCE" = no ]; then
    OPS_SIDE=before OPS_ONLY=''
    (exec 5>/dev/null; OPS_LOG=''; ops_hold_all) && ops_end=undone || ops_end=partly_undone
  elif [ "$ops_back" -eq 0 ]; then
    ops_end=undone
  else
    ops_become undo_failed "$OPS_BY"
    return 1
  fi
  ops_become "$ops_end" "$OPS_BY"
  ops_disarm
  ops_unmake
}

# -- the timed undo -------------------------------------------------------------------------

ops_timed() { # timer or boot: the only word that undo.sh is started with
  ops_environment
  exec 5>/dev/null
  OPS_BY=$1 OPS_FORCE=yes
  [ -d "$OPS_DIR" ] || return 0
  OPS_LOG=$OPS_DIR/log
  ops_locked 20 ops_timed_undo && return 0
  [ "$ops_held" = no ] || return 1
  ops_kill_holder # it hangs, and the host cannot wait for it
  ops_locked 20 ops_timed_undo
}

ops_timed_undo() {
  ops_read_state "$OPS_DIR"
  case $ops_now_is in
    confirmed | undone | partly_undone) ops_open; ops_disarm ;;
    *) ops_open && ops_take_back ;;
  esac
}

# -- status and clean -----------------------------------------------------------------------

ops_status() { # every transaction; of the one that is asked for its log as well
  for ops_name in $(ops_transactions); do
    ops_read_state "$OPS_HOME/$ops_name"
    ops_tell transaction "$ops_name" "$ops_now_is" "$ops_since" "$ops_by"
    if [ "$ops_name" = "$OPS_TX" ] && [ -f "$OPS_HOME/$ops_name/log" ]; then
      sed "s/^/@$OPS_MARK /" "$OPS_HOME/$ops_name/log" >&5
    fi
  done
  return 0
}

ops_preview() { # what would an undo meet? Reports what is not as the change left it, nor back
  ops_open || return 1
  OPS_LOG=''
  ops_read_state "$OPS_DIR"
  ops_tell transaction "$OPS_TX" "$ops_now_is" "$ops_since" "$ops_by"
  OPS_SIDE=after
  ops_known_targets && ops_hold_all
  if [ "$ops_now_is" = partly_undone ]; then # what does not stand here either is as before
    OPS_SIDE=before OPS_LOOKS=back
    ops_hold_all
  fi
  return 0
}

ops_clean() { # forget a finished transaction
  ops_read_state "$OPS_DIR"
  case $ops_now_is in
    confirmed | undone | partly_undone) ;;
    *) ops_refuse state "$OPS_TX is $ops_now_is since $ops_since ($ops_by)"; return 1 ;;
  esac
  rm -rf "$OPS_DIR" && ops_tell state "$OPS_TX" cleaned "$(ops_now)" "$OPS_BY"
  ops_tidy
}
