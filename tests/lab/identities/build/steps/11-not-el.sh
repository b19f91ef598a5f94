# Configuration that Debian brings and EL 6 to 8 do not have.
if [ $family = el ]; then
    rm -rf /etc/ssh/sshd_config.d /etc/bash.bashrc /etc/adduser.conf /etc/deluser.conf \
        /etc/cron.d/anacron /etc/cron.d/e2scrub_all /etc/cron.d/.placeholder \
        /etc/cron.*/.placeholder /etc/cron.yearly /etc/cron.daily/man-db \
        /etc/logrotate.d/apt /etc/logrotate.d/dpkg /etc/logrotate.d/alternatives \
        /etc/logrotate.d/rsyslog /etc/default/ssh /etc/default/cron /etc/default/anacron \
        /etc/default/rsyslog /etc/default/chrony /etc/chrony /etc/init.d /etc/rc?.d /etc/rcS.d \
        /etc/update-motd.d /etc/emacs /etc/sv /etc/runit /etc/ufw /etc/apparmor.d /etc/sgml \
        /etc/hosts.allow /etc/hosts.deny /etc/pam.conf /etc/ucf.conf /etc/logcheck /etc/ppp \
        /etc/dhcp /etc/rsyslog.d/* /etc/sysctl.d/README.sysctl /etc/sudoers.d/README \
        /etc/skel/.profile /etc/debconf.conf /etc/timezone /etc/environment.d \
        /etc/complete.tcsh /etc/csh /etc/e2scrub.conf /etc/perl /etc/rmt /etc/X11 \
        /usr/lib/sysctl.d/99-protect-links.conf /etc/sudo_logsrvd.conf \
        /var/log/README /var/log/runit /var/log/faillog /etc/python3 /etc/python3.11 /etc/sub?id* \
        /etc/magic* /etc/network /etc/mke2fs.conf.debian /etc/terminfo /etc/gss /etc/binfmt.d \
        /usr/lib/tmpfiles.d/debian.conf /usr/lib/tmpfiles.d/legacy.conf
    case $identity in
        centos*) rm -f /etc/security/faillock.conf ;;
    esac
    case $identity in
        rhel8 | kylinv10) rm -f /etc/securetty ;;
        centos6) rm -rf /usr/lib/sysctl.d/* /etc/sysctl.d/* /etc/systemd/journald.conf \
            /etc/security/pwquality.conf /etc/crontabs /etc/ssh/ssh_config.d ;;
        centos7) rm -rf /usr/lib/sysctl.d/50-pid-max.conf /etc/ssh/ssh_config.d ;;
    esac
    rm -f /etc/cron.daily/[!l]* /etc/cron.weekly/* /etc/cron.monthly/* /etc/cron.hourly/*
    : > /etc/environment
fi
