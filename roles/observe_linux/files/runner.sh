# Runs the probes below one after the other and prints what each one printed, framed.
#
# This file is read by `sh -s` on standard input (POSIX sh: dash, bash 4.1 of EL 6, busybox).
# It writes nothing: no temporary file (so no here-document, which bash keeps in one), no cache.
# @OPS_...@ words are put in by the controller. OPS_MARK is a one-time word that output
# planted on the host cannot know, so it cannot forge a frame.

ops_run() { # name, limit in seconds, cap in bytes, body
  printf '@%s B %s\n' "$OPS_MARK" "$1"
  ops_clock
  if [ "$ops_second" -ge "$OPS_DEADLINE" ]; then
    printf '\n@%s S\n\n@%s R deadline\n@%s E %s\n' "$OPS_MARK" "$OPS_MARK" "$OPS_MARK" "$1"
    return
  fi
  # fd 5: the frame stream; 3: the probe's stderr; 4: its exit code.
  # Both streams pass the mask before they are cut, so a cut never shows half a secret.
  ops_tail=$(
    {
      {
        {
          ops_limited "$2" "$OPS_PRELUDE
$4" 2>&3 3>&- 4>&- 5>&-
          printf '\n@%s R %s\n' "$OPS_MARK" "$?" >&4
        } | ops_mask | head -c "$(($3 + 1))" >&5
      } 3>&1 | ops_mask | head -c 4096
    } 4>&1 </dev/null
  )
  printf '\n@%s S\n%s\n@%s E %s\n' "$OPS_MARK" "$ops_tail" "$OPS_MARK" "$1"
}

ops_clock() { # seconds into $ops_second: of the kernel's clock, which takes no process to read
  ops_second=''
  { IFS=' .' read -r ops_second ops_rest; } 2>/dev/null </proc/uptime
  [ -n "$ops_second" ] || ops_second=$(date +%s)
}

ops_limited() { # limit, body: run the body in a shell of its own, cut after the limit
  if command -v timeout >/dev/null 2>&1; then
    timeout -k 2 "$1" /bin/sh -c "$2"
  else
    /bin/sh -c "$2"
  fi
}

ops_mask() { # password hashes, GRUB hashes, credentials in addresses, password=..., key bodies
  exec sed -e 's/\$[0-9a-z][0-9a-z-]*\$[.\/A-Za-z0-9$=,+-]\{8,\}/<masked>/g' \
    -e 's/grub\.pbkdf2\.[A-Za-z0-9.]*/grub.pbkdf2.<masked>/g' \
    -e 's#\(://[^/:@[:space:]]*:\)[^@/[:space:]]*@#\1<masked>@#g' \
    -e 's/\([Pp][Aa][Ss][Ss]\([Ww][Oo][Rr][Dd]\|[Ww][Dd]\|[Pp][Hh][Rr][Aa][Ss][Ee]\)[[:space:]]*=[[:space:]]*\)[^[:space:]]\{1,\}/\1<masked>/g' \
    -e '/-----BEGIN [A-Z ]*PRIVATE KEY-----/,/-----END [A-Z ]*PRIVATE KEY-----/s/^[A-Za-z0-9+\/=]\{20,\}$/<masked>/'
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

ops_environment() { # the same answers whatever the login's locale, pager and path are
  unset ENV BASH_ENV CDPATH GREP_OPTIONS POSIXLY_CORRECT
  LC_ALL=C LANG=C TERM=dumb PAGER=cat SYSTEMD_PAGER=cat SYSTEMD_COLORS=0 SYSTEMD_LESS=''
  PATH=/usr/sbin:/usr/bin:/sbin:/bin
  export LC_ALL LANG TERM PAGER SYSTEMD_PAGER SYSTEMD_COLORS SYSTEMD_LESS PATH
  umask 077
  cd /
  renice -n 19 -p $$ >/dev/null 2>&1
  command -v ionice >/dev/null 2>&1 && ionice -c 3 -p $$ >/dev/null 2>&1
  OPS_MARK='@OPS_MARK@'
  ops_clock
  OPS_DEADLINE=$((ops_second + @OPS_HOST_LIMIT@))
  export OPS_MARK
}
