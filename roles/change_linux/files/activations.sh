# What makes new files effective. A name of the closed list is a function activate_NAME.
# A service that did not run stays as it is; in an undo one that ran is started again.

ops_names_of() { # activation: the names its service may have, the most common first
  case $1 in
    sshd) echo sshd ssh ;;
    auditd) echo auditd ;;
    rsyslog) echo rsyslog syslog ;;
    journald) echo systemd-journald ;;
    firewalld) echo firewalld ;;
    chrony) echo chronyd chrony ;;
    ntp) echo ntpd ntp ntpsec ;;
    crond) echo crond cron ;;
    sssd) echo sssd ;;
  esac
}

ops_service_of() { # activation: the name its service has on this host, into $ops_service
  for ops_service in $(ops_names_of "$1"); do
    if ops_systemd; then
      case $(systemctl show -p LoadState "$ops_service.service") in *=loaded) return 0 ;; esac
    elif [ -x "/etc/rc.d/init.d/$ops_service" ]; then
      return 0
    fi
  done
  ops_service=''
  return 1
}

ops_runs() { # succeed when $ops_service does
  if ops_systemd; then
    case $(systemctl show -p ActiveState "$ops_service.service") in
      *=active | *=reloading) return 0 ;;
    esac
    return 1
  fi
  service "$ops_service" status >/dev/null 2>&1 5>&- 9>&- </dev/null
}

ops_note_running() { # which of the services to be reloaded run now
  for ops_name in $OPS_ACTIVATE; do
    if ops_service_of "$ops_name" && ops_runs; then echo "$ops_name"; fi
  done >"$OPS_DIR/running"
}

ops_control() { # verb: of $ops_service
  if ops_systemd; then ops_run systemctl "$1" "$ops_service.service"
  else ops_run service "$ops_service" "$1"; fi
}

ops_again() { # activation, reload or restart
  ops_service_of "$1" || { ops_tell note "$1" no_service "no such service here"; return 0; }
  if ops_runs; then
    ops_control "$2" || { [ "$2" = reload ] && ops_control restart; }
  elif [ -n "$OPS_FORCE" ] && grep -q -x "$1" "$OPS_DIR/running"; then
    if ops_systemd; then ops_run systemctl reset-failed "$ops_service.service"; fi
    ops_control restart # it may be waiting to be started again, or hang on its way
  else
    ops_tell note "$1" not_running "$ops_service does not run"
  fi
}

ops_activate() { # fail when one fails; later ones are then left out, in an undo they are not
  ops_activated=0
  for ops_name in $OPS_ACTIVATE; do
    if [ "$OPS_BY" = boot ]; then
      # The services come up after us and read what was put back; waiting for one would not end.
      case $ops_name in mounts) ;; *) continue ;; esac
    fi
    "activate_$ops_name" && continue
    ops_activated=1
    ops_tell trouble "$ops_name" not_effective "could not be made effective"
    [ -n "$OPS_FORCE" ] || return 1
  done
  return "$ops_activated"
}

activate_sshd() { ops_again sshd reload; }
activate_rsyslog() { ops_again rsyslog restart; }
activate_journald() { ops_again journald restart; }
activate_firewalld() { ops_again firewalld reload; }
activate_chrony() { ops_again chrony restart; }
activate_ntp() { ops_again ntp restart; }
activate_crond() { ops_again crond restart; }
activate_systemd() { if ops_systemd; then ops_run systemctl daemon-reload; fi; }
activate_systemd_manager() { if ops_systemd; then ops_run systemctl daemon-reexec; fi; }
activate_sssd() { ops_again sssd restart; }
activate_dconf() { ops_run dconf update; }
activate_sysctl() { :; }
activate_authselect() { :; }
activate_authconfig() { :; }

activate_auditd() { # its unit may not be restarted by hand: it reads its file anew on HUP
  ops_service_of auditd || { ops_tell note auditd no_service "no such service here"; return 0; }
  ops_runs || { ops_tell note auditd not_running "auditd does not run"; return 0; }
  if ops_systemd; then
    ops_run systemctl kill -s HUP --kill-who=main auditd.service
  else
    ops_run service auditd reload
  fi
}

activate_audit_rules() { # what the kernel holds from now on; locked rules wait for the reboot
  if [ "$(auditctl -s 2>/dev/null | sed -n 's/.*enabled[ =]\([0-9]*\).*/\1/p')" = 2 ]; then
    ops_tell note audit_rules locked "the kernel's rules are locked until the next boot"
    return 0
  fi
  if command -v augenrules >/dev/null 2>&1 && [ -d /etc/audit/rules.d ] && ops_augenrules; then
    ops_run augenrules --load
  else
    ops_run auditctl -R /etc/audit/audit.rules
  fi
}

ops_augenrules() { # succeed where the boot puts rules.d together
  ! grep -q -i '^[[:space:]]*USE_AUGENRULES=.*no' /etc/sysconfig/auditd 2>/dev/null
}

activate_iptables() {
  ops_restore_table iptables /etc/sysconfig/iptables /etc/iptables/rules.v4 &&
    ops_restore_table ip6tables /etc/sysconfig/ip6tables /etc/iptables/rules.v6
}

ops_restore_table() { # iptables or ip6tables, files: load the first there is
  ops_tool=$1-restore
  shift
  for ops_path; do
    [ -f "$ops_path" ] || continue
    ops_run sh -c "exec $ops_tool <$ops_path"
    return
  done
}

activate_mounts() { # remount those whose options fstab changed
  ops_mount_failed=0
  ops_changed_mounts >"$OPS_DIR/mounts"
  while read -r ops_point ops_options; do
    ops_run mount -o "remount,$ops_options" "$ops_point" || ops_mount_failed=1
  done <"$OPS_DIR/mounts"
  return "$ops_mount_failed"
}

activate_tmpfiles() {
  if command -v systemd-tmpfiles >/dev/null 2>&1; then ops_run systemd-tmpfiles --create; fi
}

# -- what the kernel holds, kept before and compared after an undo ---------------------------

ops_keep_live() { # per activation, what a reload would lose
  ops_note_running
  for ops_name in $OPS_ACTIVATE; do
    case $ops_name in
      audit_rules) auditctl -l >"$OPS_DIR/live.audit" 2>/dev/null ;;
      iptables) iptables-save >"$OPS_DIR/live.iptables" 2>/dev/null
        ip6tables-save >"$OPS_DIR/live.ip6tables" 2>/dev/null ;;
      mounts) cp /proc/self/mounts "$OPS_DIR/live.mounts"
        cp /etc/fstab "$OPS_DIR/live.fstab" ;;
    esac
  done
  return 0
}

ops_undo_live() { # where loading the files again did not give the same as before
  [ "$OPS_BY" != boot ] || return 0
  if [ -s "$OPS_DIR/live.audit" ]; then
    auditctl -l 2>/dev/null | cmp -s - "$OPS_DIR/live.audit" || {
      ops_run auditctl -D
      grep '^-' "$OPS_DIR/live.audit" >"$OPS_DIR/live.rules" &&
        ops_run auditctl -R "$OPS_DIR/live.rules"
    }
  fi
  for ops_name in iptables ip6tables; do
    [ ! -s "$OPS_DIR/live.$ops_name" ] || ops_run sh -c "exec $ops_name-restore <$OPS_DIR/live.$ops_name"
  done
  ops_undo_mounts
}

activate_xinetd() { # it, or the inetd that is there: its entries changed
  for ops_service in xinetd openbsd-inetd inetutils-inetd inetd; do
    ! ops_runs || ops_control restart || return 1
  done
}

activate_timesyncd() {
  ops_service=systemd-timesyncd
  ! ops_runs || ops_control restart
}

activate_sshd_restart() { ops_again sshd restart; } # its options come from sysconfig; comes after sshd
