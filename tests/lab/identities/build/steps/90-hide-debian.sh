# Debian's traces that would make a probe or Ansible take an EL host for Debian.
if [ $family = el ]; then
    rm -rf /etc/debian_version /etc/apt /etc/dpkg /var/lib/dpkg /var/lib/apt /usr/bin/apt* \
        /usr/bin/dpkg* /usr/sbin/dpkg* /usr/sbin/update-rc.d /usr/sbin/invoke-rc.d /etc/lsb-release \
        /usr/lib/os-release.debian /etc/cron.daily/apt-compat /etc/cron.daily/dpkg /usr/bin/deb* \
        /etc/debconf.conf /usr/share/lintian /etc/issue.net.debian
fi
