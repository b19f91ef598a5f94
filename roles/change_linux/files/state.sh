# The lock, and a transaction's state: intent is on the disk before what it announces begins.
#
# preparing -> arming -> armed -> applying -> applied -> confirmed
#     and from any of them: undoing -> undone, or undo_failed, or (some items) partly_undone.

ops_sync() { # what was written is on the disk
  sync -f "$OPS_HOME" 2>/dev/null || { sync; return; }
  sync -f /etc
}

ops_home() { # the folder of all transactions: root's, closed to everybody else
  if [ ! -d "$OPS_HOME" ]; then
    # Another may make it first: who goes on is for the lock to say.
    ops_told=$(mkdir -m 0700 "$OPS_HOME" 2>&1) || [ -d "$OPS_HOME" ] ||
      ops_refuse home "$ops_told" || return 1
  fi
  ops_private "$OPS_HOME" || ops_refuse home "$OPS_HOME is not a 0700 folder of root"
}

ops_private() { # folder: succeed when it is a real folder that only root can look into
  [ ! -h "$1" ] && [ "$(stat -c '%F %a %u' "$1" 2>/dev/null)" = "directory 700 0" ]
}

ops_locked() { # seconds to wait, function and its words: run it while nobody else changes this host
  ops_tries=0
  while [ "$ops_tries" -lt 9 ]; do
    ops_tries=$((ops_tries + 1))
    ops_held=''
    ops_home || return 1
    ops_with_lock "$@" 9>>"$OPS_HOME/lock"
    ops_result=$?
    [ -z "$ops_held" ] || return "$ops_result"
  done
  ops_refuse lock "cannot open $OPS_HOME/lock"
}

ops_with_lock() { # seconds, function and its words; leaves ops_held empty to be tried again
  if ! flock -w "$1" 9; then
    ops_held=no
    ops_refuse busy "another process holds the lock of this host: $(cat "$OPS_HOME/lock" 2>/dev/null)"
    return 1
  fi
  # Whoever finished last may have removed the file while we waited for it.
  [ "$(stat -L -c %d:%i /proc/self/fd/9)" = "$(stat -c %d:%i "$OPS_HOME/lock" 2>/dev/null)" ] ||
    return 1
  ops_held=yes
  ops_pid=$(exec sh -c 'echo $PPID')
  printf '%s %s %s %s\n' "$ops_pid" "$(ops_born "$ops_pid")" "$OPS_ACTION" "$OPS_TX" \
    >"$OPS_HOME/lock"
  shift
  "$@"
}

ops_born() { # pid: when it started, in ticks since boot: with the pid it is never mistaken
  sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20
}

ops_kill_holder() { # end the process that will not give the lock back
  read -r ops_pid ops_birth ops_rest <"$OPS_HOME/lock" || return 1
  [ -n "$ops_birth" ] && [ "$(ops_born "$ops_pid")" = "$ops_birth" ] || return 1
  kill -9 "$ops_pid"
}

ops_become() { # state, who: durable when it returns
  ops_when=$(ops_now)
  printf '%s\t%s\t%s\n' "$1" "$ops_when" "$2" |
    dd of="$OPS_DIR/state.new" conv=fsync 2>/dev/null &&
    mv -f "$OPS_DIR/state.new" "$OPS_DIR/state" || return 1
  ops_sync
  ops_tell state "$OPS_TX" "$1" "$ops_when" "$2"
}

ops_read_state() { # folder: ops_now_is, ops_since and ops_by; "unknown" for what cannot be read
  ops_now_is=unknown ops_since='' ops_by=''
  [ ! -s "$1/state" ] || IFS=$OPS_TAB read -r ops_now_is ops_since ops_by <"$1/state"
}

ops_transactions() { # the names of all transactions on this host
  find "$OPS_HOME" -mindepth 1 -maxdepth 1 -type d 2>/dev/null | sed 's#.*/##' | sort
}

ops_unfinished() { # refuse while a transaction is between its beginning and its end
  for ops_other in $(ops_transactions); do
    ops_read_state "$OPS_HOME/$ops_other"
    case $ops_now_is in
      confirmed | undone | partly_undone) ;;
      preparing) # it never came to arming: nothing was touched
        rm -rf "${OPS_HOME:?}/$ops_other" ;;
      unknown) # cut before its first word
        rmdir "$OPS_HOME/$ops_other" 2>/dev/null ||
          { ops_refuse unfinished "$ops_other: its state cannot be read"; return 1; } ;;
      *) ops_refuse unfinished "$ops_other is $ops_now_is since $ops_since"; return 1 ;;
    esac
  done
  [ ! -e "$OPS_DIR" ] || ops_refuse known "a transaction $OPS_TX is on this host already"
}

ops_open() { # an existing transaction: its items are read; refuse what is none
  if [ ! -d "$OPS_DIR" ]; then
    ops_refuse unknown_transaction "no transaction $OPS_TX on this host"
    return 1
  fi
  OPS_LOG=$OPS_DIR/log OPS_OUT=$OPS_DIR/out
  true 2>/dev/null >"$OPS_OUT" || OPS_OUT=/dev/null
  OPS_FORMAT=''
  # A file that cannot be read would end the shell here.
  [ -r "$OPS_DIR/items.sh" ] && . "$OPS_DIR/items.sh"
  [ "$OPS_FORMAT" = 1 ] || ops_refuse format "$OPS_DIR/items.sh is of another version"
}

ops_tidy() { # leave no empty folder behind
  [ -z "$(ops_transactions)" ] || return 0
  rm -f "$OPS_HOME/lock"
  rmdir "$OPS_HOME" 2>/dev/null
}
