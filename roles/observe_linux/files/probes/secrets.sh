# probe: secrets.cleartext
# limit: 60
# Where a password stands in clear: file, line and kind, never the text. Named paths only, each
# file up to 1 MiB, 4,000 files at most; what was left out is said.
need_root
ops_list() { # files: the regular ones with something in them
  for ops_file; do [ -f "$ops_file" ] && [ -s "$ops_file" ] && printf '%s\n' "$ops_file"; done
}
{
  ops_list /etc/fstab /etc/environment /etc/profile /etc/profile.d/* /etc/bashrc /etc/bash.bashrc \
    /etc/rc.local /etc/rc.d/rc.local /etc/crontab /etc/anacrontab /etc/cron.*/* \
    /var/spool/cron/* /var/spool/cron/crontabs/* /etc/my.cnf /etc/my.cnf.d/* /etc/mysql/*.cnf \
    /etc/mysql/*/*.cnf /etc/redis.conf /etc/redis/*.conf /etc/yum.conf /etc/yum.repos.d/*.repo \
    /etc/dnf/dnf.conf /etc/apt/apt.conf /etc/apt/apt.conf.d/* /etc/apt/auth.conf.d/* \
    /etc/apt/sources.list /etc/apt/sources.list.d/* /etc/wgetrc /etc/curlrc /etc/sysconfig/* \
    /etc/default/* /etc/systemd/system/*.service /etc/systemd/system/*.d/*.conf \
    /etc/*cred* /etc/samba/* /etc/*.secrets /etc/rsyncd.* /etc/keepalived/*.conf /etc/nslcd.conf \
    /etc/ldap.conf /etc/pam_ldap.conf /etc/libnss-ldap.conf /etc/sssd/sssd.conf \
    /etc/sssd/conf.d/*.conf /etc/zabbix/*.conf /etc/zabbix/*/*.conf /etc/tomcat*/*.xml \
    /etc/nginx/*.conf /etc/nginx/conf.d/* /etc/httpd/conf.d/* /etc/apache2/conf-enabled/* \
    /etc/rsyslog.conf /etc/rsyslog.d/* /etc/haproxy/*.cfg \
    /opt/*.sh /opt/*/*.sh /opt/*/*.conf /opt/*/*.properties /opt/*/*.yml /opt/*/*.yaml \
    /opt/*/*.ini /opt/*/*.env /opt/*/.env /opt/*/conf/* /opt/*/config/* /srv/*/conf/* \
    /srv/*/config/* /srv/*/*.env /usr/local/*/conf/* /usr/local/etc/* /usr/local/bin/*.sh \
    /usr/local/sbin/*.sh /var/www/*/.env /var/www/html/*.php /var/www/html/.env /root/*.cfg
  awk -F: '$6 ~ /^\// { print $6 }' /etc/passwd | sort -u | while read -r ops_home; do
    case $ops_home in / | /bin* | /sbin* | /usr/* | /dev* | /proc* | /sys* | /run* | /etc*) continue ;; esac
    ops_list "$ops_home"/.*history "$ops_home"/.my.cnf "$ops_home"/.pgpass "$ops_home"/.netrc \
      "$ops_home"/.bashrc "$ops_home"/.bash_profile "$ops_home"/.profile "$ops_home"/.zshrc \
      "$ops_home"/.env "$ops_home"/*.env "$ops_home"/*.sh "$ops_home"/bin/*.sh \
      "$ops_home"/.s3cfg "$ops_home"/.aws/credentials "$ops_home"/.git-credentials \
      "$ops_home"/.docker/config.json "$ops_home"/*.txt
  done
} | awk '
  function plain(v, shell,   l) { # is it a password, not an empty place for one?
    l = tolower(v)
    if (v == "" || l ~ /^[*x.!?_-]+$/ || l ~ /^(none|null|nil|true|false|yes|no|on|off|ask|prompt|required|optional|default|empty|your.*|string)$/) return 0
    if (v ~ /^\$[({]/ || v ~ /^\$[A-Z_][A-Z0-9_]*$/ || (shell && v ~ /^[$`]/)) return 0
    if (v ~ /^(<[^>]*>?|\{\{.*|%[(sd].*|@[A-Za-z_.]+@|&lt;.*|#\{.*)$/) return 0
    if (l ~ /^(enc\(|!vault|\{cipher\}|\{(ssha|sha|crypt|md5|pbkdf2|aes|scram))/ || v ~ /^\$[0-9a-z]+[$]/) return 0
    if (length(v) >= 32 && l ~ /^[0-9a-f]+$/) return 0
    if (l ~ /^(getenv|os\.|system\.|env\(|lookup|process\.env|input|getpass)/ || v ~ /^[A-Za-z_.]+\(.*\)?$/) return 0
    if (v ~ /^\/[^ ]*\//) return 0
    return 1
  }
  function value(rest,   q) {
    sub(/^[=~]?[ \t]+/, "", rest); q = substr(rest, 1, 1)
    if (q == "\042" || q == "\047") { rest = substr(rest, 2); return index(rest, q) ? substr(rest, 1, index(rest, q) - 1) : rest }
    if (match(rest, /[ \t;,&<>\042\047|)]/) > 1) return substr(rest, 1, RSTART - 1)
    return rest
  }
  function say(kind) { if (said++ < 300) print "found|" kind "|" nr "|" name }
  function look(line, hist, shell,   low, rest, lrest, v, t, key, q) {
    low = tolower(line); t = line; sub(/^[ \t]+/, "", t)
    if (match(low, /[a-z][a-z0-9+.-]*:\/\/[^\/:@ \t\042\047<>]*:[^\/@ \t\042\047<>]+@/)) {
      v = substr(line, RSTART, RLENGTH - 1); sub(/^[^:]*:\/\/[^:]*:/, "", v)
      if (plain(v, 1)) { say("url"); return }
    }
    rest = line; lrest = low
    while (match(lrest, /(password|passwd|passphrase|[_.-]pass|sshpass|pwd|secret|authtok|bindpw|requirepass|masterauth|token|api_?key|access_?key|secret_?key|密码|口令)[\042\047]?[ \t]*(=>|=|:|：)/) ||
           match(lrest, /(^|[ \t\042\047{,;])(pass)[\042\047]?[ \t]*(=>|=|:)/)) {
      key = substr(lrest, RSTART, RLENGTH); rest = substr(rest, RSTART + RLENGTH); lrest = substr(lrest, RSTART + RLENGTH)
      v = substr(line, 1, length(line) - length(rest)); q = gsub(/\042/, "", v)
      if (q % 2 && rest ~ /^[ \t]*\042/) continue # the end of a prompt: "Password: "
      v = value(rest)
      if (!plain(v, shell || hist)) continue
      if (key ~ /pwd/ && v ~ /^[\/.~]/) continue
      if (key ~ /token|secret|key/ && (length(v) < 6 || v ~ /^[0-9]+$/ || v ~ /^[\/.~]/)) continue
      if (key ~ /:$/ && rest ~ /^[ \t]*$/) continue
      say("setting"); return
    }
    if (match(low, /<[a-z:._-]*(password|passwd|secret)>[^<]+/)) {
      v = substr(line, RSTART, RLENGTH); sub(/^[^>]*>/, "", v)
      if (plain(v, 0)) { say("setting"); return }
    }
    if (match(low, /^[ \t]*(bindpw|rootbindpw|requirepass|masterauth|auth_pass|rootpw)[ \t]+[^ \t]/)) {
      v = substr(t, index(t, " ") ? index(t, " ") : index(t, "\t")); sub(/^[ \t]+/, "", v)
      if (v !~ /^--(iscrypted|lock)/) { sub(/^--plaintext[ \t]+/, "", v); if (plain(value(v), 0)) { say("setting"); return } }
    }
    if (name ~ /\.pgpass$/ && t ~ /^[^:]*:[^:]*:[^:]*:[^:]*:./) { say("pgpass"); return }
    if (name ~ /\.secrets$|\.git-credentials$/ && t ~ /^[^: \t]+:[^ \t]/) { say("secrets file"); return }
    if (name ~ /\.docker\/config\.json$/ && low ~ /\042auth\042[ \t]*:[ \t]*\042[^\042]/) { say("setting"); return }
    if (name ~ /\.netrc$|auth\.conf\.d/ && low ~ /(^|[ \t])password[ \t]+[^ \t]/) { say("netrc"); return }
    if (match(line, /(^|[\/ \t;|&(])(mysql[a-z_]*|mariadb[a-z-]*|xtrabackup|innobackupex)[ \t]([^|;]*[ \t])?-p[^ \t|;]/)) {
      v = substr(line, RSTART + RLENGTH - 1); if (plain(value(v), 1)) { say("command"); return }
    }
    if (match(line, /sshpass[ \t]+([^|;]*[ \t])?-p[ \t]*[^ \t]/)) { v = substr(line, RSTART + RLENGTH - 1); if (plain(value(v), 1)) { say("command"); return } }
    if (match(line, /--(pass|passw)[ \t=]+[^ \t]/) || match(low, /--(password|passwd)[ \t]+[^ \t-]/)) {
      v = substr(line, RSTART + RLENGTH - 1); if (plain(value(v), 1)) { say("command"); return }
    }
    if (match(line, /(curl|wget)[ \t]([^|;]*[ \t])?(-u|--user|--proxy-user|-U)[ \t=]*[\042\047]?[^ \t:\042\047]+:[^ \t]/)) {
      v = substr(line, RSTART + RLENGTH - 1); if (plain(value(v), 1)) { say("command"); return }
    }
    if (match(line, /redis-cli[ \t]([^|;]*[ \t])?-a[ \t]*[^ \t]/) || match(line, /ldap[a-z]+[ \t]([^|;]*[ \t])?-w[ \t]*[^ \t]/) || match(line, /smbclient[ \t]([^|;]*[ \t])?-U[ \t]*[^ \t%]+%[^ \t]/) || match(line, /pass(in|out|:)?[ \t]+pass:[^ \t]/)) {
      v = substr(line, RSTART + RLENGTH - 1); if (plain(value(v), 1)) { say("command"); return }
    }
    if (match(line, /(sqlplus|expdp|impdp|rman[ \t]+target)[ \t]([^|;]*[ \t])?[\042\047]?[A-Za-z0-9_#]+\/[^ \t\/@\042\047]+/) && line !~ /[ \t]\/(nolog|[ \t])/) { say("command"); return }
    if (match(line, /(echo|printf)[ \t]+[^|]*\|[ \t]*(sudo[ \t]+)?([^ \t]*\/)?(passwd[ \t]+(--stdin|[^|]*--stdin)|chpasswd|sudo[ \t]+-S)/) || match(line, /(echo|printf)[ \t]+[^|]*\|[ \t]*sudo[ \t]+-S/)) {
      v = line; sub(/^.*(echo|printf)[ \t]+/, "", v); sub(/[ \t]*\|.*$/, "", v)
      while (v ~ /^-[neE]+[ \t]/) sub(/^-[neE]+[ \t]+/, "", v)
      v = value(v); if (v ~ /^[^:]+:/ && line ~ /chpasswd/) sub(/^[^:]+:/, "", v)
      if (plain(v, 1)) { say("command"); return }
    }
    if (low ~ /identified[^a-z]+by[^\042\047]*[\042\047][^\042\047]/ || low ~ /password[ \t]*\([ \t]*[\042\047][^\042\047]/) { say("sql"); return }
  }
  {
    if (++files > 4000) { print "left||" 0 "|" $0; exit }
    if ($0 in done_) next
    done_[$0] = 1; name = $0; nr = 0; bytes = 0; xml = 0
    hist = (name ~ /history$/); shell = (name ~ /\.(sh|env)$|history$|profile|bashrc|zshrc|cron|rc\.local|\/etc\/(sysconfig|default)\//)
    while ((got = (getline line < name)) > 0) {
      nr++; bytes += length(line) + 1
      if (bytes > 1048576) { print "left||" nr "|" name; break }
      if (length(line) > 4096) line = substr(line, 1, 4096)
      sub(/\r$/, "", line); t = line; sub(/^[ \t]+/, "", t)
      if (hist) { if (t ~ /^#[0-9]+$/) continue; sub(/^(: [0-9]+:[0-9]+;|#+[ \t]*)/, "", line) }
      else {
        if (xml) { if (index(t, "-->")) xml = 0; continue }
        if (t ~ /^<!--/ && !index(t, "-->")) { xml = 1; continue }
        if (t == "" || t ~ /^(#|;|\/\/[ \t\/*]|\*|--[ \t]|<!--|REM )/) continue
      }
      look(line, hist, shell)
    }
    if (got < 0) print "unread||0|" name
    close(name)
  }
  END { if (said > 300) print "left||0|more findings" }'
# probe: secrets.remnants
# Who may read files that keep credentials or what was typed, and sssd's cache of passwords.
need_root
section modes
awk -F: '$6 ~ /^\// { print $6 "|" $3 }' /etc/passwd | sort -u | while IFS='|' read -r ops_home ops_uid; do
  case $ops_home in / | /bin* | /sbin* | /usr/* | /dev* | /proc* | /sys* | /run* | /etc*) continue ;; esac
  for ops_file in "$ops_home"/.*history "$ops_home"/.my.cnf "$ops_home"/.pgpass "$ops_home"/.netrc; do
    [ -f "$ops_file" ] && printf '%s\n' "$ops_file"
  done
done | sort -u | { set --; while read -r ops_file; do set -- "$@" "$ops_file"; done
  [ $# -eq 0 ] || stat -L -c '%a|%U|%n' "$@"; }
for ops_file in /etc/sssd/sssd.conf /etc/sssd/conf.d/*.conf; do
  [ -f "$ops_file" ] || continue
  section sssd "$ops_file"
  grep -iE '^[[:space:]]*(\[|cache_credentials|offline_credentials_expiration|services|domains|enabled)' "$ops_file" || :
done
# probe: secrets.temporary
# What empties /tmp and /var/tmp: systemd's tmpfiles.d, EL 6's tmpwatch
dump /etc/tmpfiles.d/*.conf /run/tmpfiles.d/*.conf /usr/local/lib/tmpfiles.d/*.conf \
  /usr/lib/tmpfiles.d/*.conf /etc/cron.daily/tmpwatch
section modes
stat -c '%a|%n' /etc/cron.daily/tmpwatch 2>/dev/null || :
