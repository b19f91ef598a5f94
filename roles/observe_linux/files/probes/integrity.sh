# probe: integrity.aide
# AIDE's program, configuration and database; of the configuration only what names the database
# and how many lines select files.
need_root
section commands
for ops_file in /usr/sbin/aide /usr/bin/aide /usr/local/bin/aide /usr/local/sbin/aide; do
  [ -x "$ops_file" ] && [ -f "$ops_file" ] && echo "$ops_file"
done
for ops_file in /etc/aide.conf /etc/aide/aide.conf /usr/local/etc/aide.conf; do
  [ -f "$ops_file" ] || continue
  section configuration "$ops_file"
  if [ "$ops_file" = /etc/aide/aide.conf ] && [ -d /etc/aide/aide.conf.d ]; then
    cat "$ops_file" /etc/aide/aide.conf.d/[A-Za-z0-9]*
  else cat "$ops_file"; fi | awk '
    { sub(/\r$/, "") }
    /^[ \t]*(@@define|@@x_include|@@include|database|database_in|DBDIR)/ { print; next }
    /^[ \t]*=?\/[^ \t]*[ \t]+[^ \t]/ { n++ }
    END { print "selections " n + 0 }'
done
section databases
find /var/lib/aide /var/aide /usr/local/lib/aide /opt/aide /srv/aide -xdev -maxdepth 2 -type f \
  -printf '%T@|%s|%m|%u|%p\n' 2>/dev/null || :
