# probe: kylin.kysec
section tool
command -v getstatus || :
section status
! command -v getstatus >/dev/null 2>&1 || getstatus 2>&1 | head -n 60
section kernel
[ ! -e /sys/kernel/security/kysec ] || echo present
[ ! -e /etc/kysec ] || echo configured
# probe: kylin.pam
# the two stacks every login passes, and who writes them
section links
for f in /etc/pam.d/system-auth /etc/pam.d/password-auth; do
  [ ! -e "$f" ] || echo "$f $(readlink -f "$f")"
done
dump /etc/pam.d/* /etc/security/pwquality.conf /etc/security/pwquality.conf.d/*.conf
section words
! command -v chage >/dev/null 2>&1 || chage -l root 2>&1 | sed -n '1s/:.*//p'
# probe: kylin.crypto
# which of the national algorithms OpenSSL has; reads nothing but itself
need openssl
section version
openssl version
section digests
openssl list -digest-algorithms 2>/dev/null | grep -i sm3 || :
section ciphers
openssl list -cipher-algorithms 2>/dev/null | grep -i sm4 || :
# probe: kylin.python
# whether the interpreter that automation uses starts at all; it writes no compiled files
section python3
if [ -x /usr/bin/python3 ]; then
  /usr/bin/python3 -I -B -S -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>&1 | tail -n 1
elif [ -e /usr/bin/python3 ]; then
  echo "not executable"
else
  echo missing
fi
# probe: kylin.advisories
# limit: 60
# security advisories in dnf's cache for packages that are installed; dnf itself would write there
need_rpm
need_root
section metadata
for f in /var/cache/dnf/*/repodata/*updateinfo.xml* /var/cache/yum/*/repodata/*updateinfo.xml*; do
  [ ! -f "$f" ] || stat -c '%Y %n' "$f"
done
section advisories
{
  rpm -qa --qf 'installed %{NAME}\n'
  for f in /var/cache/dnf/*/repodata/*updateinfo.xml* /var/cache/yum/*/repodata/*updateinfo.xml*; do
    [ -f "$f" ] || continue
    case $f in
      *.gz) gzip -dc "$f" ;;
      *.xz) xz -dc "$f" ;;
      *.bz2) bzip2 -dc "$f" ;;
      *.zst) zstd -dc "$f" ;;
      *) cat "$f" ;;
    esac || echo "failed $f"
  done | tr '<' '\n'
} | awk '
  function value(key) {
    return match($0, " " key "=\"[^\"]*\"") ? substr($0, RSTART + length(key) + 3, RLENGTH - length(key) - 4) : ""
  }
  /^installed / { have[$2] = 1 }
  /^failed / { print }
  /^update / { counts = $0 !~ /type="(bugfix|enhancement|newpackage|recommended|optional)"/; id = "" }
  /^id>/ && id == "" { id = substr($0, 4) }
  /^package / && counts && (value("name") in have) {
    e = value("epoch")
    print "advisory", id, value("name"), (e == "") ? 0 : e, value("version"), value("release"), value("arch")
  }' | sort -u
# probe: kylin.clock
# volatile
date +%s
