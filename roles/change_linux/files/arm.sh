# The timed undo: on the host's own monotonic clock, on its disk, and run at once by the next boot.
#
# systemd: a timer, the service it starts, and a service for the boot, all plain files and links
# below /etc. SysV: a sleeper in a session of its own, and a script that the boot runs first.
# The script is read from standard input, never executed: Kylin's execution control lets it pass.

OPS_UNIT_DIR=/etc/systemd/system
OPS_INIT=/etc/rc.d/init.d/opsrunner-undo

ops_store() { # the undo as a script of its own, next to the items it reads
  {
    printf '%s\n' "$OPS_ENGINE"
    ops_words "$OPS_TX"
    printf "OPS_HOME='%s'\nOPS_TX=%s\nOPS_ACTION=undo\nOPS_MARK=timed\n" "$OPS_HOME" "$ops_shown"
    printf 'ops_timed "$1" </dev/null\n'
  } >"$OPS_DIR/undo.sh" && sh -n "$OPS_DIR/undo.sh"
}

ops_write() { # path, lines: a small file of ours, 0644
  ops_target=$1
  shift
  printf '%s\n' "$@" >"$ops_target" && chmod 0644 "$ops_target" || return 1
  ops_label "$ops_target"
  ops_clock
  ops_tell ran 0 "$ops_when" 0 "write $ops_target" ''
}

ops_arm() { # seconds
  if ops_systemd; then
    ops_arm_systemd "$1"
  elif [ -d /etc/rc.d/init.d ]; then
    ops_arm_sysv "$1"
  else
    ops_refuse not_armed "neither systemd nor /etc/rc.d/init.d is here"
  fi
}

ops_arm_systemd() { # seconds
  ops_start_line="ExecStart=/bin/sh -c 'exec /bin/sh -s %s <$OPS_DIR/undo.sh'"
  for ops_wants in timers sysinit; do
    ops_parents "$OPS_UNIT_DIR/$ops_wants.target.wants" || return 1
  done
  # shellcheck disable=SC2059 - the format is ours
  ops_write "$OPS_UNIT_DIR/opsrunner-undo.service" '[Unit]' \
    "Description=Take back the change $OPS_TX that nobody confirmed" \
    '[Service]' 'Type=oneshot' 'TimeoutStartSec=0' 'KillMode=process' \
    "$(printf "$ops_start_line" timer)" &&
  ops_write "$OPS_UNIT_DIR/opsrunner-undo.timer" '[Unit]' \
    "Description=Time to confirm the change $OPS_TX" \
    '[Timer]' "OnActiveSec=${1}s" 'AccuracySec=100ms' '[Install]' 'WantedBy=timers.target' &&
  ops_write "$OPS_UNIT_DIR/opsrunner-undo-boot.service" '[Unit]' \
    "Description=Take back the change $OPS_TX that this boot found unconfirmed" \
    'DefaultDependencies=no' 'IgnoreOnIsolate=yes' "RequiresMountsFor=$OPS_HOME /etc /usr" \
    'After=systemd-remount-fs.service local-fs.target' \
    'Before=systemd-sysctl.service sysinit.target sshd.service ssh.service sshd.socket ssh.socket' \
    '[Service]' 'Type=oneshot' 'TimeoutStartSec=0' 'KillMode=process' \
    "$(printf "$ops_start_line" boot)" \
    '[Install]' 'WantedBy=sysinit.target' &&
  ops_do ln -s -f -T ../opsrunner-undo.timer "$OPS_UNIT_DIR/timers.target.wants/opsrunner-undo.timer" &&
  ops_do ln -s -f -T ../opsrunner-undo-boot.service \
    "$OPS_UNIT_DIR/sysinit.target.wants/opsrunner-undo-boot.service" &&
  ops_run systemctl daemon-reload && ops_run systemctl start opsrunner-undo.timer
}

ops_arm_sysv() { # seconds
  ops_write "$OPS_INIT" '#!/bin/sh' '# chkconfig: 2345 00 99' \
    "# description: take back the change $OPS_TX that nobody confirmed" \
    '[ "$1" = start ] || exit 0' \
    "[ ! -r $OPS_DIR/undo.sh ] || /bin/sh -s boot <$OPS_DIR/undo.sh" 'exit 0' || return 1
  ops_do chmod 0755 "$OPS_INIT" || return 1
  for ops_level in 2 3 4 5; do
    ops_do ln -s -f -T ../init.d/opsrunner-undo "/etc/rc.d/rc$ops_level.d/S00opsrunner-undo" ||
      return 1
  done
  setsid /bin/sh -c "sleep $1; exec /bin/sh -s timer <$OPS_DIR/undo.sh" \
    </dev/null >/dev/null 2>&1 5>&- 9>&- &
  ops_sleeper=$!
  sleep 0.1 2>/dev/null # until it is a session of its own
  printf '%s %s\n' "$ops_sleeper" "$(ops_born "$ops_sleeper")" >"$OPS_DIR/sleeper"
  ops_clock
  ops_tell ran 0 "$ops_when" 0 "setsid sh -c 'sleep $1; exec sh -s timer <$OPS_DIR/undo.sh' &" ''
}

ops_armed() { # succeed when the clock runs and the next boot would find it, as the system says
  if ops_systemd; then
    ops_shows=$(systemctl show -p ActiveState -p NextElapseUSecMonotonic opsrunner-undo.timer)
    case $ops_shows in *ActiveState=active*) ;; *) return 1 ;; esac
    case $ops_shows in *NextElapseUSecMonotonic=[1-9]*) ;; *) return 1 ;; esac
    [ "$(systemctl is-enabled opsrunner-undo-boot.service 2>/dev/null)" = enabled ] &&
      [ "$(systemctl is-enabled opsrunner-undo.timer 2>/dev/null)" = enabled ]
    return
  fi
  read -r ops_sleeper ops_birth <"$OPS_DIR/sleeper" 2>/dev/null || return 1
  [ -n "$ops_birth" ] && [ "$(ops_born "$ops_sleeper")" = "$ops_birth" ] &&
    grep -q -F "$OPS_TX/undo.sh" "/proc/$ops_sleeper/cmdline" 2>/dev/null &&
    [ -x /etc/rc.d/rc3.d/S00opsrunner-undo ] && [ "$(cut -d ' ' -f 6 \
      "/proc/$ops_sleeper/stat" 2>/dev/null)" = "$ops_sleeper" ]
}

ops_disarm() { # what is left of arming, in whatever state it is
  if ops_systemd && [ -e "$OPS_UNIT_DIR/opsrunner-undo.timer" ]; then
    if [ "$OPS_BY" = boot ]; then
      ops_run systemctl --no-block stop opsrunner-undo.timer
    else
      ops_run systemctl stop opsrunner-undo.timer
    fi
  fi
  ops_gone=no
  for ops_path in "$OPS_UNIT_DIR/timers.target.wants/opsrunner-undo.timer" \
    "$OPS_UNIT_DIR/sysinit.target.wants/opsrunner-undo-boot.service" \
    "$OPS_UNIT_DIR/opsrunner-undo.timer" "$OPS_UNIT_DIR/opsrunner-undo-boot.service" \
    "$OPS_UNIT_DIR/opsrunner-undo.service" /etc/rc.d/rc[2-5].d/S00opsrunner-undo "$OPS_INIT"; do
    if [ -e "$ops_path" ] || [ -h "$ops_path" ]; then
      ops_do rm -f -- "$ops_path"
      case $ops_path in /etc/systemd/*) ops_gone=yes ;; esac
    fi
  done
  for ops_wants in timers sysinit; do
    ops_path=$OPS_UNIT_DIR/$ops_wants.target.wants
    if grep -q -x -F "$ops_path" "$OPS_DIR/made" 2>/dev/null; then
      rmdir "$ops_path" 2>/dev/null
    fi
  done
  if [ "$ops_gone" = yes ] && ops_systemd; then ops_run systemctl daemon-reload; fi
  ops_end_sleeper
}

ops_end_sleeper() { # unless it is what runs us
  [ "$OPS_BY" != timer ] && [ -s "$OPS_DIR/sleeper" ] || return 0
  read -r ops_sleeper ops_birth <"$OPS_DIR/sleeper"
  if [ -n "$ops_birth" ] && [ "$(ops_born "$ops_sleeper")" = "$ops_birth" ]; then
    ops_do kill -s TERM -- "-$ops_sleeper" || ops_do kill -s KILL "$ops_sleeper"
  fi
  return 0
}
