# Stand-ins (standins/standins.toml says which and why) and the tables they need.
[ $family = el ] || ln -sf /usr/bin/python3 "$real/python3"
mkdir -p /usr/lib/lab-standin/syscalls
ausyscall x86_64 --dump > /usr/lib/lab-standin/syscalls/b64
ausyscall i386 --dump > /usr/lib/lab-standin/syscalls/b32
"$real/python3" -B /mnt/identities/build/place_standins.py "$identity"
# The rules file as the first boot leaves it.
case $identity in centos7 | rhel8 | kylinv10) augenrules > /dev/null ;; esac
install -d -m 0700 /var/lib/lab-standin
[ "$identity" != kylinv10 ] || chmod 0755 /var/lib/lab-standin
