# probe: sysctl.live
# kernel-wide keys as sysctl says them; those of the network from the same files it reads,
# because an interface's name may hold "=", which sysctl would take for an assignment
keys='kernel/randomize_va_space kernel/dmesg_restrict kernel/kptr_restrict
  kernel/yama/ptrace_scope kernel/core_pattern fs/suid_dumpable'
cd /proc/sys || exit 1
section kernel
if command -v sysctl >/dev/null 2>&1; then
  sysctl -e $(echo $keys | tr / .)
else
  grep -H '' $keys
fi
section network
grep -H '' net/ipv4/ip_forward net/ipv4/tcp_syncookies net/ipv4/icmp_echo_ignore_broadcasts \
  net/ipv4/icmp_ignore_bogus_error_responses \
  net/ipv4/conf/*/forwarding net/ipv4/conf/*/accept_redirects net/ipv4/conf/*/send_redirects \
  net/ipv4/conf/*/accept_source_route net/ipv4/conf/*/rp_filter net/ipv4/conf/*/log_martians \
  net/ipv6/conf/*/forwarding net/ipv6/conf/*/accept_redirects \
  net/ipv6/conf/*/accept_source_route net/ipv6/conf/*/disable_ipv6 2>/dev/null
[ -r net/ipv4/ip_forward ]
# probe: sysctl.files
# what the next boot reads; a link to /dev/null or an empty file hides files of its name below
for f in /etc/sysctl.d/* /run/sysctl.d/*.conf /usr/local/lib/sysctl.d/*.conf \
  /usr/lib/sysctl.d/*.conf /etc/sysctl.conf; do
  if [ -e "$f" ] && [ ! -s "$f" ]; then section masked "$f"; else dump "$f"; fi
done
[ -h /lib ] || dump /lib/sysctl.d/*.conf
section boot
for f in /usr/lib/systemd/libsystemd-shared-*.so /usr/lib/*/systemd/libsystemd-shared-*.so; do
  [ ! -e "$f" ] || echo "shared ${f##*/}"
done
f=/etc/systemd/system/systemd-sysctl.service
[ ! -e $f ] || [ -s $f ] || echo masked
! grep -q '^CONFIG_SECURITY_DMESG_RESTRICT=y' "/boot/config-$(uname -r)" 2>/dev/null || echo dmesg
! grep -q sysctl.d /etc/rc.d/init.d/functions /etc/rc.d/rc.sysinit 2>/dev/null || echo folder
# probe: sysctl.routes
# the interfaces of IPv4 default routes (main table), without the counters of /proc/net/route
awk '$2 == "00000000" && $8 == "00000000" { print $1 }' /proc/net/route | sort -u
# probe: sysctl.cores
# what limits core dumps for logins, and where systemd-coredump would keep them
dump /etc/security/limits.conf /etc/security/limits.d/*.conf /etc/pam.d/* \
  /etc/systemd/coredump.conf /usr/lib/systemd/coredump.conf \
  /etc/systemd/coredump.conf.d/*.conf /run/systemd/coredump.conf.d/*.conf \
  /usr/local/lib/systemd/coredump.conf.d/*.conf /usr/lib/systemd/coredump.conf.d/*.conf
