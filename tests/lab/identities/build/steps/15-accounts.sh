# EL's own system accounts. Files of the base root that belonged to a Debian account go to the
# EL account of the same purpose; the daemons are told their new names in step 60.
if [ $family = el ]; then
    find / -xdev \( -path /proc -o -path /mnt -o -path /dev -o -path /tmp \) -prune -o \
        \( ! -uid 0 -o ! -gid 0 \) -printf '%U %u %g %p\n' > /tmp/owned
    cp "$here/accounts/passwd" "$here/accounts/group" /etc/
    chown root:root /etc/passwd /etc/group
    # 17834 days: a plausible installation date. A real root has a password; the seed sets it.
    awk -F: '{ print $1 ":*:17834:0:99999:7:::" }' /etc/passwd > /etc/shadow
    awk -F: '$3 >= 59 && $3 != 99 { print $1 }' /etc/passwd | while read -r name; do
        sed -i "s/^$name:\*:/$name:!!:/" /etc/shadow
    done
    awk -F: '{ print $1 ":::" $4 }' /etc/group > /etc/gshadow
    el_name() {
        case $1 in
            _chrony) echo chrony ;; messagebus) echo dbus ;; staff | shadow | crontab) echo root ;;
            *) if grep -q "^$1:" "$2"; then echo "$1"; else echo root; fi ;;
        esac
    }
    # `|| root`: an identity without chrony (EL 6) gives such files to root.
    while read -r uid user group path; do
        user=$(el_name "$user" /etc/passwd)
        group=$(el_name "$group" /etc/group)
        grep -q "^$user:" /etc/passwd || user=root
        grep -q "^$group:" /etc/group || group=root
        mode=$(stat -c %a "$path")
        chown -h "$user:$group" "$path"
        [ -h "$path" ] || chmod "$mode" "$path"   # chown drops setuid bits
    done < /tmp/owned
    rm -f /etc/passwd- /etc/group- /etc/shadow- /etc/gshadow- /etc/subuid- /etc/subgid-
    for file in passwd group shadow gshadow; do cp -p "/etc/$file" "/etc/$file-"; done
    # Nothing may add Debian's accounts back at boot.
    rm -rf /usr/lib/sysusers.d
    mkdir /usr/lib/sysusers.d
    ln -sf /dev/null /etc/systemd/system/systemd-sysusers.service
    [ "$identity" = centos6 ] || install -d -m 0711 /var/empty/sshd
    sed -i 's/messagebus/dbus/' /usr/share/dbus-1/system.conf /usr/lib/tmpfiles.d/dbus.conf
    rm -f /usr/lib/tmpfiles.d/systemd-network.conf
    chgrp dbus /usr/lib/dbus-1.0/dbus-daemon-launch-helper
    chmod 4750 /usr/lib/dbus-1.0/dbus-daemon-launch-helper
fi
