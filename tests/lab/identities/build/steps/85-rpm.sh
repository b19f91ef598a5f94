# rpm's database at EL's place, filled with stubs; a local repository with one pending advisory.
if [ $family = el ]; then
    sed -i 's|^%_dbpath.*|%_dbpath /var/lib/rpm|' /usr/lib/rpm/macros
    rm -rf /var/lib/rpm/* /root/.rpmdb
    rpm --initdb
    "$real/python3" -B /mnt/identities/build/make_rpms.py "$identity"
    rm -rf /tmp/stubs /tmp/updates /tmp/rpm /root/rpmbuild
    # The database as it is after installation; dnf's cache is not made yet.
    mkdir -p /etc/yum.repos.d /etc/pki/rpm-gpg
    case $identity in
        centos6 | centos7)
            mv /usr/bin/dnf-3 "$real/dnf-3"
            rm -f /usr/bin/dnf
            cp /mnt/standins/yum.sh /usr/lib/lab-standin/yum
            chmod 0755 /usr/lib/lab-standin/yum
            ln -s /usr/lib/lab-standin/yum /usr/bin/yum
            mkdir -p /etc/dnf
            printf '[main]\ngpgcheck=1\npersistdir=/var/lib/dnf\n' > /etc/dnf/dnf.conf ;;
        *) ln -s dnf-3 /usr/bin/yum; rm -f /usr/bin/dnf; ln -s dnf-3 /usr/bin/dnf ;;
    esac
fi
