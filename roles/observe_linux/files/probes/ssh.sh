# probe: ssh.effective
# What sshd says it would do for root coming from an address that no Match block expects.
# It is asked by the name and with the -f and -o of the running daemon: somebody may have built
# another one, and EL 8 passes its crypto policy there. Newer versions write all of that into
# one process title: "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups".
need_root
set -- $(for ssh_pid in $(own_processes sshd); do tr '\0' ' ' <"/proc/$ssh_pid/cmdline"; done)
ssh_bin=$(command -v sshd 2>/dev/null) ssh_args=''
for ssh_word; do
  case $ssh_word in /*/sshd) [ -x "$ssh_word" ] && ssh_bin=$ssh_word && break ;; esac
done
[ -n "$ssh_bin" ] || { echo "no sshd" >&2; exit 127; }
while [ $# -gt 0 ]; do
  case $1 in
    '[listener]' | sshd:) [ -z "$ssh_args" ] || break ;;
    -o?* | -f?*) ssh_args="$ssh_args $1" ;;
    -o | -f) ssh_args="$ssh_args $1 $2"; shift ;;
  esac
  shift
done
"$ssh_bin" -T $ssh_args -C user=root,host=probe.invalid,addr=192.0.2.1 2>/dev/null ||
  "$ssh_bin" -T $ssh_args
# probe: ssh.daemon
section binary
command -v sshd
section process
[ -z "$(own_processes sshd)" ] || echo sshd
section unit
ls -d /usr/lib/systemd/system/ssh*.service /lib/systemd/system/ssh*.service /etc/init.d/ssh* 2>/dev/null
section version
{ ssh -V 2>&1 || sshd -V 2>&1; } | head -n 1
true
# probe: ssh.files
# the configuration with what it includes, and every file that a Banner line may name
ssh_words() { # keyword: the values of that keyword in the main file and its drop-ins
  awk -v k="$1" 'tolower($1) == k { for (i = 2; i <= NF; i++) print $i }' \
    /etc/ssh/sshd_config /etc/ssh/sshd_config.d/*.conf 2>/dev/null |
    sed -e 's/["\r]//g' -e '/^[^\/]/s#^#/etc/ssh/#' | sort -u
}
dump /etc/ssh/sshd_config /etc/ssh/sshd_config.d/*.conf
for ssh_file in $(ssh_words include); do
  case $ssh_file in /etc/ssh/sshd_config.d/*.conf) ;; *) dump "$ssh_file" ;; esac
done
# probe: ssh.banner
dump /etc/issue /etc/issue.net
for ssh_file in $(awk 'tolower($1) == "banner" { print $2 }' /etc/ssh/sshd_config \
  /etc/ssh/sshd_config.d/*.conf 2>/dev/null | tr -d '"\r' | sort -u); do
  case $ssh_file in /etc/issue | /etc/issue.net | none) ;; /*) dump "$ssh_file" ;; esac
done
true
