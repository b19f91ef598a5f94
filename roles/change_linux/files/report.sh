# How the engine speaks: one record a line, its fields parted by tabs, behind a one-time word that
# output planted on the host cannot know. What it says is kept in the transaction's log as well,
# so that a cut connection or an undo by the timer loses none of it.
#
# POSIX sh: dash, bash 4.1 of EL 6. All of the engine stands in functions.

ops_environment() { # the same behaviour whatever the login's locale, path and limits are
  unset ENV BASH_ENV CDPATH GREP_OPTIONS POSIXLY_CORRECT TMPDIR
  LC_ALL=C LANG=C TERM=dumb PAGER=cat SYSTEMD_PAGER=cat SYSTEMD_COLORS=0
  PATH=/usr/sbin:/usr/bin:/sbin:/bin
  export LC_ALL LANG TERM PAGER SYSTEMD_PAGER SYSTEMD_COLORS PATH
  umask 077
  cd /
  ops_hold_on
  OPS_NL='
'
  OPS_TAB=$(printf '\t')
  OPS_CR=$(printf '\r')
  OPS_N=0 OPS_LOG='' OPS_OUT=/dev/null OPS_PLACED=yes OPS_SECOND='' ops_by_root=$OPS_NL ops_lives=''
  ops_writable=$OPS_NL ops_mounts='' ops_states='' OPS_LOOKS=''
  OPS_DIR=$OPS_HOME/$OPS_TX
  OPS_STAGE=$OPS_DIR/stage
  OPS_TIMEOUT=''
  if timeout -k 1 1 true 2>/dev/null; then
    OPS_TIMEOUT='timeout -k 2 60'
  elif timeout 1 true 2>/dev/null; then
    OPS_TIMEOUT='timeout 60'
  fi
}

ops_hold_on() { # a cut connection does not stop a change half-way; subshells forget it
  # A handler, not '': an ignored signal would be inherited by every service started from here.
  trap : HUP INT TERM PIPE
}

ops_now() { date -u +%Y-%m-%dT%H:%M:%SZ; }

ops_clock() { # the time into $OPS_CLOCK; a process for it only when a second has gone by
  ops_up=''
  { IFS=' .' read -r ops_up ops_rest; } 2>/dev/null </proc/uptime
  if [ -z "$ops_up" ] || [ "$ops_up" != "$OPS_SECOND" ]; then
    OPS_SECOND=$ops_up OPS_CLOCK=$(ops_now)
  fi
}

ops_escape() { # text: the same on one line
  printf '%s' "$1" | tr -d '\000' | awk -v ORS='' '
    { gsub(/\\/, "\\\\"); gsub(/\t/, "\\t"); gsub(/\r/, "\\r") }
    NR > 1 { print "\\n" }
    { print }'
}

ops_tell() { # word, fields: one record
  ops_line=$1
  shift
  for ops_field; do
    case $ops_field in
      *\\* | *"$OPS_TAB"* | *"$OPS_NL"* | *"$OPS_CR"*) ops_field=$(ops_escape "$ops_field") ;;
    esac
    ops_line=$ops_line$OPS_TAB$ops_field
  done
  printf '@%s %s\n' "$OPS_MARK" "$ops_line" 2>/dev/null >&5
  if [ -n "$OPS_LOG" ]; then
    { printf '%s\n' "$ops_line" >>"$OPS_LOG"; } 2>/dev/null
  fi
  return 0
}

ops_words() { # words: put them into $ops_shown as a shell would need them typed
  ops_shown=''
  for ops_word; do
    case $ops_word in
      *\'*) ops_word=\'$(printf '%s' "$ops_word" | sed "s/'/'\\\\''/g")\' ;;
      '' | \~* | *[!A-Za-z0-9_./:=@%+,~-]*) ops_word="'$ops_word'" ;;
    esac
    ops_shown="$ops_shown${ops_shown:+ }$ops_word"
  done
}

ops_do() { # words: run a quick command and report it
  ops_exec '' "$@"
}

ops_run() { # words: run a command that may hang and report it
  ops_exec "$OPS_TIMEOUT" "$@"
}

ops_exec() { # what goes in front, words: neither the lock nor our output passes to what it starts
  ops_front=$1
  shift
  ops_words "$@"
  ops_clock
  $ops_front "$@" </dev/null >"$OPS_OUT" 2>&1 5>&- 9>&-
  ops_rc=$?
  ops_told=''
  if [ -s "$OPS_OUT" ] && [ "$OPS_OUT" != /dev/null ]; then
    ops_told=$(head -c 2000 "$OPS_OUT" | tr -d '\000' | ops_mask)
  fi
  ops_tell ran "$OPS_N" "$OPS_CLOCK" "$ops_rc" "$ops_shown" "$ops_told"
  return "$ops_rc"
}

ops_mask() { # what commands say may quote a line of a file: no secret of it leaves the host
  exec sed -e 's/\$[0-9a-z][0-9a-z-]*\$[.\/A-Za-z0-9$=,+-]\{8,\}/<masked>/g' \
    -e 's/grub\.pbkdf2\.[A-Za-z0-9.]*/grub.pbkdf2.<masked>/g' \
    -e 's#\(://[^/:@[:space:]]*:\)[^@/[:space:]]*@#\1<masked>@#g' \
    -e 's/\([Pp][Aa][Ss][Ss]\([Ww][Oo][Rr][Dd]\|[Ww][Dd]\|[Pp][Hh][Rr][Aa][Ss][Ee]\)[[:space:]]*=[[:space:]]*\)[^[:space:]]\{1,\}/\1<masked>/g'
}

ops_refuse() { # code, words: nothing is done, and why
  ops_tell refused "$1" "$2"
  return 1
}

ops_pack() { # compressed text that passes any login shell, locale and terminal
  if command -v gzip >/dev/null 2>&1 && command -v base64 >/dev/null 2>&1; then
    printf '\n@%s BEGIN gzip\n' "$OPS_MARK"
    gzip -c -1 | base64
  else
    printf '\n@%s BEGIN plain\n' "$OPS_MARK"
    cat
  fi
  printf '\n@%s END\n' "$OPS_MARK"
}
