# probe: jobs.cron
# Which of the tools that our rules ask for cron starts. Of a line only the schedule, the tool
# and its options and paths are printed: a command may hold a password.
need_root
set --
for ops_file in /etc/crontab /etc/anacrontab /etc/cron.d/* /etc/cron.hourly/* /etc/cron.daily/* \
  /etc/cron.weekly/* /etc/cron.monthly/* /var/spool/cron/* /var/spool/cron/crontabs/*; do
  [ -f "$ops_file" ] && set -- "$@" "$ops_file"
done
[ $# -gt 0 ] || exit 0
section modes
stat -L -c '%a|%u|%h|%n' "$@"
section commands
awk '
  BEGIN {
    split("aide aide.wrapper dailyaidecheck tripwire clamscan clamdscan savscan maldet rkhunter run-parts anacron tmpwatch", t, " ")
    for (i in t) tool[t[i]] = 1
    split("if then else elif do while until ! { time nice ionice chrt exec sudo timeout nohup env command sh bash setsid", p, " ")
    for (i in p) pre[p[i]] = 1
  }
  function base(s) { gsub(/[\042\047]/, "", s); sub(/^.*\//, "", s); return s }
  function emit(sched, text,   n, i, j, k, s, w, b, rest) {
    n = split(text, s, /[;|&()`]+/)
    for (i = 1; i <= n; i++) {
      k = split(s[i], w, /[ \t]+/)
      for (j = 1; j <= k; j++)
        if (!(w[j] == "" || w[j] ~ /^[A-Za-z_][A-Za-z_0-9]*=/ || w[j] ~ /^-/ ||
              w[j] ~ /^[0-9]+[smh]?$/ || base(w[j]) in pre)) break
      if (j > k) continue
      b = base(w[j])
      if (!(b in tool) && tolower(b) !~ /aide|tripwire|clam.*scan|scan.*clam/) continue
      rest = ""
      for (j++; j <= k; j++)
        if (w[j] ~ /^[-\/]/ && tolower(w[j]) !~ /pass/ && w[j] !~ /[<>]/) rest = rest " " w[j]
      gsub(/[\042\047]/, "", rest)
      print FILENAME "|" sched "|" b "|" rest
    }
  }
  function handle(line,   w, n, take_, sched, i) {
    sub(/\r$/, "", line); sub(/^[ \t]+/, "", line)
    if (line == "" || line ~ /^#/) return
    if (kind == "script") {
      if (line ~ /^(if|case|while|for|until)[ \t]/ || line ~ /\{$/) depth++
      if (line ~ /^(fi|esac|done|\})/ || line ~ /[; \t](fi|esac|done)$/) depth--
      if (depth <= 0 && line ~ /^exit([ \t;]|$)/) { over = 1; return }
      emit("", line); return
    }
    if (line ~ /^[A-Za-z_][A-Za-z_0-9]*[ \t]*=/) return
    n = split(line, w, /[ \t]+/)
    take_ = (kind == "anacron") ? 3 : (w[1] ~ /^@/ ? 1 : 5) + (kind == "system")
    if (n <= take_) return
    sched = ""
    for (i = 1; i <= take_; i++) { sched = sched (i > 1 ? " " : "") w[i]; sub(/^[^ \t]+[ \t]*/, "", line) }
    emit(sched, line)
  }
  FNR == 1 {
    depth = 0; over = 0; held = ""
    kind = "script"
    if (FILENAME == "/etc/crontab" || FILENAME ~ /^\/etc\/cron\.d\//) kind = "system"
    if (FILENAME == "/etc/anacrontab") kind = "anacron"
    if (FILENAME ~ /^\/var\/spool\//) kind = "user"
  }
  over { next }
  kind == "script" && /\\$/ { held = held substr($0, 1, length($0) - 1) " "; next }
  { handle(held $0); held = "" }
' "$@"
# probe: jobs.timers
# Services that start such a tool, and which service each timer starts.
need systemctl
set --
for ops_file in /etc/systemd/system/*.service /etc/systemd/system/*.timer \
  /usr/local/lib/systemd/system/*.service /usr/local/lib/systemd/system/*.timer \
  /usr/lib/systemd/system/*.service /usr/lib/systemd/system/*.timer \
  /lib/systemd/system/*.service /lib/systemd/system/*.timer; do
  [ -f "$ops_file" ] && set -- "$@" "$ops_file"
done
[ $# -gt 0 ] || exit 0
awk '
  FILENAME ~ /\.timer$/ && /^Unit[ \t]*=/ { sub(/^Unit[ \t]*=[ \t]*/, ""); print "timer|" FILENAME "|" $1 }
  FILENAME ~ /\.service$/ && /^ExecStart[ \t]*=/ {
    sub(/^ExecStart[ \t]*=[ \t]*[-@:+!|]*/, "")
    rest = ""
    for (i = 1; i <= NF; i++) {
      b = $i; gsub(/[\042\047]/, "", b); sub(/^.*\//, "", b)
      if (rest == "" && b ~ /^(aide|aide\.wrapper|dailyaidecheck|tripwire|clamscan|clamdscan|savscan|maldet|rkhunter|anacron)$/) {
        rest = b
        continue
      }
      if (rest == "" && tolower(b) ~ /aide|tripwire|clam.*scan|scan.*clam/) { rest = b; continue }
      if (rest == "" && $i !~ /^-|^[0-9]+$|(^|\/)(nice|ionice|env|sh|bash|timeout)$/) break
      if (rest != "" && $i ~ /^[-\/]/ && tolower($i) !~ /pass/) rest = rest " " $i
    }
    if (rest != "") print "service|" FILENAME "|" rest
  }' "$@"
