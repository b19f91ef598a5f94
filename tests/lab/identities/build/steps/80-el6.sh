# CentOS 6 has no os-release, no systemd tools and, here, no Python in reach. systemd still runs
# the host, but as /sbin/init and with its tools out of PATH.
if [ "$identity" = centos6 ]; then
    rm -f /etc/os-release /usr/lib/os-release
    mkdir -p /etc/rc.d/init.d
    for n in 0 1 2 3 4 5 6; do mkdir -p /etc/rc.d/rc$n.d; ln -sfn rc.d/rc$n.d /etc/rc$n.d; done
    ln -sfn rc.d/init.d /etc/init.d
    while read -r name levels start stop; do
        case $name in '' | '#'*) continue ;; esac
        printf '#!/bin/bash\n#\n# chkconfig: %s %s %s\n# description: %s\n\nexec /sbin/service %s "$1"\n' \
            "$levels" "$start" "$stop" "$name" "$name" > "/etc/rc.d/init.d/$name"
        chmod 0755 "/etc/rc.d/init.d/$name"
        for n in 0 1 2 3 4 5 6; do
            link=$(printf 'K%02d%s' "$stop" "$name")
            case $levels in *$n*) link=$(printf 'S%02d%s' "$start" "$name") ;; esac
            ln -s "../init.d/$name" "/etc/rc.d/rc$n.d/$link"
        done
    done < "$here/rc/services.txt"
    # Its services have units; made from these scripts they would call themselves for ever.
    rm -f /usr/lib/systemd/system-generators/systemd-sysv-generator
    for name in network ip6tables netfs udev-post lvm2-monitor mdmonitor iscsi iscsid ntpd; do
        printf '[Unit]\nDescription=%s\n\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n\n[Install]\nWantedBy=multi-user.target\n' \
            "$name" > "/usr/lib/systemd/system/$name.service"
    done
    systemctl --quiet enable network ip6tables netfs udev-post lvm2-monitor mdmonitor iscsi iscsid
    for tool in /usr/bin/systemctl /usr/bin/journalctl /usr/bin/systemd-* /usr/bin/loginctl \
        /usr/bin/hostnamectl /usr/bin/timedatectl /usr/bin/busctl /usr/bin/bootctl; do
        [ ! -e "$tool" ] || mv "$tool" "$real/"
    done
    rm -f /usr/bin/python* /usr/sbin/init /usr/sbin/telinit /usr/sbin/runlevel
    mv /usr/lib/systemd/systemd /usr/sbin/init
    printf '#!/bin/sh\necho "N 3"\n' > /usr/sbin/runlevel
    chmod 0755 /usr/sbin/runlevel
fi
