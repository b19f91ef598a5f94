# Files and folders EL has that are empty, and EL's places for what Debian keeps elsewhere.
if [ $family = el ]; then
    for log in messages secure maillog cron spooler boot.log wtmp btmp lastlog; do
        : > "/var/log/$log"
    done
    rm -rf /var/spool/mail /var/log/journal /var/spool/cron/* /var/spool/cron/.[a-z]* /var/mail
    mkdir -p /var/spool/at/spool /var/spool/mail /var/lib/rsyslog /etc/security/limits.d \
        /usr/libexec/openssh /var/lib/logrotate /etc/yum.repos.d /etc/sysconfig /etc/rsyslog.d \
        /var/adm /var/ftp /etc/ssh
    ln -s spool/mail /var/mail
    : > /etc/security/opasswd
    : > /etc/cron.deny
    echo > /etc/at.deny
    ln -s /usr/lib/openssh/sftp-server /usr/libexec/openssh/sftp-server
    mv /usr/lib/openssh/ssh-keysign /usr/libexec/openssh/ssh-keysign
    ln -s /usr/libexec/openssh/ssh-keysign /usr/lib/openssh/ssh-keysign
    # Debian's cron and at look below these; a link into EL's folder would loop.
    mkdir -p -m 1730 /var/spool/cron/crontabs
    case $identity in
        centos6) : > /etc/ssh/ssh_host_key; : > /etc/ssh/ssh_host_key.pub ;;
        *) : > /etc/chrony.keys ;;
    esac
fi
