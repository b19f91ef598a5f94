#!/bin/bash
# service NAME ACTION of SysV: the hidden systemctl does the work.
ctl=/usr/lib/lab-standin/real/systemctl
name=$1 action=$2
if [ -z "$name" ]; then echo 'Usage: service < option > | --status-all | [ service_name [ command | --full-restart ] ]'; exit 1; fi
if [ ! -e "/etc/rc.d/init.d/$name" ]; then echo "$name: unrecognized service"; exit 1; fi
program=$name
case $name in rsyslog) program=rsyslogd ;; postfix) program=master ;; esac
case $action in
    status)
        if [ "$name" = iptables ]; then
            /usr/sbin/iptables -S 2>/dev/null | grep -q REJECT || { echo 'iptables: Firewall is not running.'; exit 3; }
            echo 'Table: filter'; /usr/sbin/iptables -nL --line-numbers; exit 0
        fi
        pids=$("$ctl" show -p MainPID --value "$name.service")
        if "$ctl" is-active --quiet "$name.service"; then
            [ "${pids:-0}" = 0 ] && echo "$program is running..." || echo "$program (pid  $pids) is running..."
            exit 0
        fi
        echo "$program is stopped"; exit 3 ;;
    start | stop | restart | reload | condrestart | try-restart)
        case $action in
            stop) words='Stopping' ;; start) words='Starting' ;; reload) words='Reloading' ;; *) words='Restarting' ;;
        esac
        if "$ctl" "${action/condrestart/try-restart}" "$name.service" 2>/dev/null; then
            printf '%s %s: %50s\n' "$words" "$program" '[  OK  ]'; exit 0
        fi
        printf '%s %s: %50s\n' "$words" "$program" '[FAILED]'; exit 1 ;;
    *) echo "Usage: $name {start|stop|restart|reload|status}"; exit 2 ;;
esac
