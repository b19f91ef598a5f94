# probe: ssh.effective
# What each sshd says it would do for root coming from an address that no Match block expects,
# and, where that differs, for a connection that meets no Match block at all. A second daemon
# (-f of its own, another port) is asked as the first. A running sshd keeps what it read: files
# newer than its pid file, which it writes at each start and reload, are what it has not read.
need_root
set -f
ssh_port=lport=1 # where a Match block asks for the port, newer versions want to be told one
ssh_ask() { $ssh_call -T "$@" </dev/null; }
ssh_unread() { # file: the pid file
  [ -f "$1" ] && read -r ssh_pid <"$1" && grep -q '(sshd)' "/proc/$ssh_pid/stat" 2>/dev/null || return 0
  ssh_read=$($ssh_call -ddd -t 2>&1 </dev/null | tr -d '\r' |
    sed -n 's/^debug2: load_server_config: filename //p')
  printf '%s\n' "${ssh_read:-/etc/ssh/sshd_config}" |
    while read -r ssh_file; do # its folder too: a file may be gone from it
      find -L "$ssh_file" "$ssh_file.d" -maxdepth 0 -newer "$1" 2>/dev/null
    done
}
sshd_calls | {
  ssh_asked=''
  while read -r ssh_call; do
    ssh_who=user=root,host=probe.invalid,addr=192.0.2.1
    ssh_any=$(ssh_ask 2>/dev/null || ssh_ask -C "$ssh_port" 2>/dev/null || ssh_ask) || exit
    ssh_root=$(ssh_ask -C "$ssh_who" 2>/dev/null || ssh_ask -C "$ssh_who,$ssh_port" 2>/dev/null) ||
      ssh_root=$ssh_any
    [ -z "$ssh_asked" ] || section root
    printf '%s\n' "$ssh_root"
    [ "$ssh_root" = "$ssh_any" ] || { section any; printf '%s\n' "$ssh_any"; }
    ssh_new=$(ssh_unread "$(printf '%s\n' "$ssh_any" | sed -n 's/^pidfile //p')")
    [ -z "$ssh_new" ] || { section unread; printf '%s\n' "$ssh_new"; }
    ssh_asked=yes
  done
  [ -n "$ssh_asked" ] || { echo "no sshd" >&2; exit 127; }
}
# probe: ssh.daemon
set -f
section binary
command -v sshd
section process
[ -z "$(own_processes sshd dropbear)" ] || echo sshd
section unit
ls -d /etc/init.d/ssh /etc/init.d/sshd 2>/dev/null
for ssh_dir in /usr/lib/systemd/system /lib/systemd/system /etc/systemd/system; do
  ls -d "$ssh_dir/ssh.service" "$ssh_dir/ssh@.service" "$ssh_dir/sshd.service" 2>/dev/null
done
section version
sshd_calls | while read -r ssh_bin ssh_rest; do "$ssh_bin" -V 2>&1 </dev/null; done |
  grep -o 'OpenSSH_[^ ,]*' | sort -u | grep . || { ! command -v ssh >/dev/null 2>&1 || ssh -V 2>&1 | head -n 1; }
true
# probe: ssh.files
# every file that each sshd reads its configuration from, in its own words and order
set -f
ssh_loaded=$(sshd_calls | while read -r ssh_call; do
  echo loaded
  $ssh_call -ddd -t 2>&1 </dev/null | tr -d '\r' | sed -n 's/^debug2: load_server_config: filename //p'
done)
case $ssh_loaded in
  */*) printf '%s\n' "$ssh_loaded" | while read -r ssh_file; do
      [ "$ssh_file" = loaded ] && section loaded || printf '%s\n' "$ssh_file"
    done ;;
  *) set +f; ssh_loaded=$(printf '%s\n' /etc/ssh/sshd_config /etc/ssh/sshd_config.d/*.conf); set -f ;;
esac
printf '%s\n' "$ssh_loaded" | grep / | sort -u | while read -r ssh_file; do dump "$ssh_file"; done
true
# probe: ssh.banner
# every file that a Banner line may name, in whatever file that line is
dump /etc/issue /etc/issue.net
set -f
sshd_calls | while read -r ssh_call; do
  $ssh_call -T 2>/dev/null </dev/null | sed -n 's/^banner //p'
  $ssh_call -ddd -t 2>&1 </dev/null | tr -d '\r' | sed -n 's/^debug2: load_server_config: filename //p' |
    while read -r ssh_file; do
      sed -n 's/^[[:space:]]*[Bb][Aa][Nn][Nn][Ee][Rr][[:space:]=]\{1,\}//p' "$ssh_file" | tr -d '"\r'
    done
done | sed 's/[[:space:]]*$//' | sort -u | while read -r ssh_file; do
  case $ssh_file in /etc/issue | /etc/issue.net | none) ;; /*) dump "$ssh_file" ;; esac
done
true
