#!/bin/sh
# In: the base root's folder, packages installed. Out: what no identity wants is off.
set -eu
root=$1
# Units that only cost boot time in a container, or would reach for the network.
chroot "$root" systemctl mask --quiet \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
    e2scrub_reap.service fstrim.timer systemd-pstore.service getty@tty1.service \
    console-getty.service systemd-networkd-wait-online.service remote-fs.target
rm -f "$root"/etc/ssh/ssh_host_*_key* "$root"/etc/resolv.conf "$root"/etc/apt/apt.conf.d/99mmdebstrap
: > "$root/etc/resolv.conf"
echo uninitialized > "$root/etc/machine-id"
rm -rf "$root"/var/log/*.log "$root"/var/log/apt "$root"/var/cache/apt
