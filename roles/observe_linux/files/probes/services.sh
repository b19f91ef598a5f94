# probe: services.systemd
need systemctl
[ -d /run/systemd/system ] || { echo "systemd is not running" >&2; exit 127; }
section files
systemctl list-unit-files --no-pager --no-legend --type=service,socket,timer,target,path
section units
systemctl list-units --all --full --no-pager --no-legend --type=service,socket,timer,target,path
section default
systemctl get-default
section sysv
ls /etc/rc.d/rc[2-5].d /etc/rc[2-5].d 2>/dev/null | sed -n 's/^S[0-9][0-9]//p' | sort -u
# probe: services.sysv
need chkconfig
need runlevel
[ ! -d /run/systemd/system ] || ! command -v systemctl >/dev/null 2>&1 || { echo "systemd is running" >&2; exit 127; }
section runlevel
runlevel
section services
chkconfig --list
# probe: services.offline
# where systemd is installed and something else is process 1 (a container): what is enabled
[ ! -d /run/systemd/system ] || exit 0
need systemctl
section files
SYSTEMD_OFFLINE=1 systemctl list-unit-files --no-pager --no-legend --type=service,socket,timer,target,path
section sysv
ls /etc/rc.d/rc[2-5].d /etc/rc[2-5].d 2>/dev/null | sed -n 's/^S[0-9][0-9]//p' | sort -u
# probe: services.inetd
# xinetd and inetd: only what says which service is offered; server arguments may hold secrets
section program
command -v xinetd inetd 2>/dev/null
for si_file in /etc/xinetd.conf /etc/xinetd.d/*; do
  [ -f "$si_file" ] || continue
  if [ ! -r "$si_file" ]; then section denied "$si_file"; continue; fi
  section file "$si_file"
  awk '/^[ \t]*(service|defaults|includedir|include|disable|disabled|enabled|id|protocol|socket_type|port|type|bind|interface|[{}])([ \t={]|\r?$)/ { print }' "$si_file"
done
for si_file in /etc/inetd.conf /etc/inetd.d/*; do
  [ -f "$si_file" ] || continue
  if [ ! -r "$si_file" ]; then section denied "$si_file"; continue; fi
  section file "$si_file"
  awk '!/^[ \t]*#/ && NF > 5 { print $1, $2, $3, $4, $5, $6 }' "$si_file"
done
true
# probe: services.ftp
# what the FTP daemons are told about TLS, and which file a running vsftpd was given
section vsftpd
for si_pid in $(pids_of vsftpd); do
  tr '\0' '\n' <"/proc/$si_pid/cmdline" 2>/dev/null | sed 1d | grep -E '^(/|-o(ssl|force|listen|anon|local))'
done | sort -u
ftp_keys='^[[:space:]]*(ssl_|force_|anonymous_enable|local_enable|allow_anon_ssl|listen|implicit_ssl|require_ssl)'
for si_file in /etc/vsftpd.conf /etc/vsftpd/*.conf $(for si_pid in $(pids_of vsftpd); do
  tr '\0' '\n' <"/proc/$si_pid/cmdline" 2>/dev/null | sed 1d | grep '^/'; done | sort -u); do
  [ -e "$si_file" ] || continue
  if [ -r "$si_file" ]; then section file "$si_file"; grep -aE "$ftp_keys" "$si_file"
  else section denied "$si_file"; fi
done
for si_file in /etc/proftpd.conf /etc/proftpd/proftpd.conf /etc/proftpd/*.conf /etc/proftpd/conf.d/*.conf; do
  [ -e "$si_file" ] || continue
  if [ -r "$si_file" ]; then section file "$si_file"
    grep -aEi '^[[:space:]]*(TLSEngine|TLSRequired|LoadModule[[:space:]]+mod_tls|Include|</?(IfModule|IfDefine|VirtualHost|Global|Anonymous|Directory|Limit|Class))' "$si_file"
  else section denied "$si_file"; fi
done
for si_file in /etc/pure-ftpd/pure-ftpd.conf /etc/pure-ftpd.conf /etc/pure-ftpd/conf/TLS; do
  [ ! -e "$si_file" ] || { section file "$si_file"; grep -aE '^[[:space:]]*(TLS([[:space:]]|=)|[0-9])' "$si_file"; }
done
true
# probe: services.snmp
# the SNMP agent's access lines; a community is only said to be default or custom
need_root
sn_words='public private community snmp snmpd default admin manager monitor test cisco huawei h3c read write root all secret password system security guest'
sn_args=$(for si_pid in $(pids_of snmpd); do
  tr '\0' '\n' <"/proc/$si_pid/cmdline" 2>/dev/null | awk 'take { print; take = 0; next }
    $0 == "-c" { take = 1 } /^-c\// { print substr($0, 3) } $0 == "-C" { print "-C" }'
done | tr ',' '\n' | sort -u)
section args
printf '%s\n' "$sn_args"
for sn_file in /etc/snmp/snmpd.conf /etc/snmp/snmpd.local.conf /usr/share/snmp/snmpd.conf \
  /var/lib/net-snmp/snmpd.conf /var/lib/snmp/snmpd.conf /etc/snmp/snmpd.conf.d/*.conf \
  $(printf '%s\n' "$sn_args" | grep '^/'); do
  [ -f "$sn_file" ] || continue
  section file "$sn_file"
  awk -v words="$sn_words" '
    BEGIN { n = split(words, w, " "); for (i = 1; i <= n; i++) weak[w[i]] = 1 }
    function kind(s) { gsub(/["\047\r]/, "", s); return s == "" || tolower(s) in weak ? "default" : "custom" }
    { sub(/\r$/, ""); sub(/^[ \t]*\[[a-z]+\][ \t]*/, "") }
    /^[ \t]*#/ || NF == 0 { next }
    { k = tolower($1) }
    k ~ /^r[ow]community6?$/ { print k, kind($2), ($3 == "" ? "default" : $3) }
    k ~ /^com2sec(6|unix)?$/ { i = 2; if ($2 == "-Cn") i = 4
      j = (k == "com2secunix" && NF == i + 1) ? i + 1 : i + 2; print k, kind($j), (j == i + 2 ? $(i + 1) : "local") }
    k ~ /^(rouser|rwuser|createuser|usmuser|includefile|includedir)$/ { print k, (k ~ /^include/ ? $2 : "") }
    k == "group" { print k, tolower($3) }
    k == "access" { print k, tolower($4) }' "$sn_file"
done
true
# probe: services.nfs
dump /etc/exports
for si_file in /etc/exports.d/*.exports; do [ ! -e "$si_file" ] || dump "$si_file"; done
section etab
cat /var/lib/nfs/etab 2>/dev/null
section mounts
awk '$3 ~ /^nfs/ && $3 != "nfsd" { print $3 }' /proc/mounts | sort -u
section fstab
[ ! -r /etc/fstab ] || awk '$1 !~ /^#/ && $3 ~ /^nfs/ { print $3 }' /etc/fstab | sort -u
true
# probe: services.samba
# shares: only what says whether a guest gets in
sb_show() {
  [ -e "$1" ] || { section missing "$1"; return; }
  [ -r "$1" ] || { section denied "$1"; return; }
  section file "$1"
  awk '{ sub(/\r$/, "") } held != "" { $0 = held $0; held = "" }
    /\\$/ { held = substr($0, 1, length($0) - 1); next }
    /^[ \t]*\[/ { print; next }
    /^[ \t]*[#;]/ { next }
    { k = $0; sub(/=.*/, "", k); gsub(/[ \t]/, "", k); k = tolower(k) }
    k ~ /^(guestok|public|guestonly|onlyguest|maptoguest|security|include|configfile|copy|nullpasswords|usershareallowguests|usersharemaxshares|available|registryshares|configbackend|guestaccount)$/ { print }
    END { if (held != "") print held }' "$1"
}
sb_show /etc/samba/smb.conf
sb_seen=' /etc/samba/smb.conf '
for sb_round in 1 2 3; do
  for sb_file in $(for sb_file in $sb_seen; do sed -n 's/^[[:space:]]*[iI]nclude[[:space:]]*=[[:space:]]*\(\/[^%[:space:]]*\)[[:space:]]*$/\1/p' "$sb_file" 2>/dev/null; done | tr -d '"\r' | sort -u); do
    case $sb_seen in *" $sb_file "*) ;; *) sb_seen="$sb_seen$sb_file "; sb_show "$sb_file" ;; esac
  done
done
true
# probe: services.servers
# databases and middleware by owner. The arguments are read here to tell a Java server's kind and
# never leave the host. "worker": its parent is of the same program; "alone": it has no such child.
need_root
need ps
ps -eo pid=,ppid=,uid=,comm= | awk '
  { pid = $1; name[pid] = $4; up[pid] = $2; uid[pid] = $3 }
  END { for (p in name) if (name[up[p]] == name[p]) child[up[p]] = 1
    for (p in name) { r = name[up[p]] == name[p] ? "worker" : child[p] ? "master" : "alone"
      print p, uid[p], r, name[p] } }' |
  while read -r sv_pid sv_uid sv_role sv_name; do
    case $sv_name in
      mysqld | mariadbd | oracle* | ora_* | asm_* | tnslsnr | postgres | postmaster | redis-server | valkey-server | \
      mongod | mongos | memcached | dmserver | kingbase* | gaussdb | gbase* | sqlservr | db2sysc | nginx | httpd | \
      apache2 | lighttpd | php-fpm* | haproxy | beam.smp | etcd | rabbitmq-server | clickhouse-serv) ;;
      java) sv_name=java
        case $(tr '\0' ' ' <"/proc/$sv_pid/cmdline" 2>/dev/null) in
          *org.apache.catalina.startup*) sv_name=tomcat ;;
          *weblogic.*Server*) sv_name=weblogic ;;
          *com.tongweb*) sv_name=tongweb ;;
          *com.bes.*) sv_name=bes ;;
          *com.ibm.ws*) sv_name=websphere ;;
          *org.jboss*) sv_name=jboss ;;
          *elasticsearch*) sv_name=elasticsearch ;;
          *kafka.Kafka*) sv_name=kafka ;;
          *org.apache.zookeeper*) sv_name=zookeeper ;;
        esac ;;
      *) continue ;;
    esac
    echo "$sv_name $sv_uid $sv_role"
  done | sort -u
true
