# Services by EL's unit names: Debian's daemons where there is one, else a marked stand-in.
if [ $family = el ]; then
    ln -sf /usr/bin/true /usr/lib/systemd/systemd-sysv-install
    # Debian's cron under EL's name.
    mv /usr/sbin/cron /usr/sbin/crond
    rm -f /usr/lib/systemd/system/ssh.service /usr/lib/systemd/system/ssh.socket \
        /usr/lib/systemd/system/ssh@.service /usr/lib/systemd/system/cron.service \
        /usr/lib/systemd/system/chrony.service /usr/lib/systemd/system/anacron.* \
        /usr/lib/systemd/system/rescue-ssh.target /usr/lib/systemd/system/logrotate.* \
        /usr/lib/systemd/system/chrony-*  /usr/lib/systemd/system/ssh-*
    rm -rf /etc/systemd/system/*.wants/* /etc/systemd/system/*.service /etc/systemd/system/*.timer
    ln -sf /dev/null /etc/systemd/system/systemd-sysusers.service
    rm -f /usr/lib/systemd/system/polkit.service.d/*
    services='auditd crond rsyslog sshd'
    case $identity in
        centos7) services="$services NetworkManager chronyd firewalld irqbalance postfix tuned kdump" ;;
        rhel8) services="$services NetworkManager chronyd firewalld irqbalance tuned atd sssd kdump dnf-makecache.timer" ;;
        kylinv10) services="$services NetworkManager chronyd firewalld irqbalance tuned atd" ;;
        centos6) services="$services postfix iptables rc-sysinit" ;;
    esac
    # shellcheck disable=SC2086 - a list of names
    systemctl --quiet enable $services
    case $identity in
        rhel8) sed -i 's|<service name="dhcpv6-client"/>|&\n  <service name="cockpit"/>|' \
            /usr/lib/firewalld/zones/public.xml ;;
    esac
    # Cheaper boots: what a container never needs.
    systemctl --quiet mask systemd-journal-flush.service systemd-update-utmp-runlevel.service \
        dev-hugepages.mount sys-fs-fuse-connections.mount proc-sys-fs-binfmt_misc.automount \
        systemd-binfmt.service systemd-firstboot.service console-getty.service getty.target \
        systemd-repart.service systemd-pstore.service systemd-ask-password-console.path \
        systemd-ask-password-wall.path
else
    systemctl --quiet disable chrony auditd
    mkdir -p /etc/systemd/system/chrony.service.d /etc/systemd/system/auditd.service.d
    sed -i 's/^DAEMON_OPTS="/&-x /' /etc/default/chrony
    printf '[Unit]\nConditionCapability=\n' > /etc/systemd/system/chrony.service.d/lab.conf
    printf '[Service]\nType=simple\nPIDFile=\nExecStart=\nExecStart=%s\n' \
        "/bin/sh -c \"trap '' HUP; exec /sbin/auditd infinity\"" \
        > /etc/systemd/system/auditd.service.d/lab.conf
    systemctl --quiet enable chrony auditd
fi
