# probe: software.rpm
# limit: 60
need rpm
rpm -qa --qf '%{NAME}|%{EPOCH}|%{VERSION}|%{RELEASE}|%{ARCH}|%{INSTALLTIME}\n' | sort
# probe: software.dpkg
need dpkg-query
dpkg-query -W -f '${Package}|${Version}|${Architecture}|${db:Status-Abbrev}\n'
