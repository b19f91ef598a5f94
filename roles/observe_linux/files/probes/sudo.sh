# probe: sudo.sources
# sudo's program and version, and every file that the policy is read from, includes followed
need_root
section program
for program in /usr/bin/sudo /usr/local/bin/sudo /usr/sbin/sudo /opt/sudo/bin/sudo; do
  if [ -x "$program" ]; then
    printf '%s\n' "$program"
    "$program" -V 2>/dev/null | sed -n '1p;/^Sudoers path:/p'
    break
  fi
done
section host
uname -n
section sources
[ ! -r /etc/nsswitch.conf ] || sed -n 's/#.*//;/^[[:space:]]*sudoers[[:space:]]*:/p' /etc/nsswitch.conf
host=$(uname -n)
host=${host%%.*}
follow() { # file, depth: show it and what it includes; a file included twice is shown twice
  dump "$1"
  [ -r "$1" ] && [ -f "$1" ] && [ "$2" -lt 6 ] || return 0
  sed -n 's/[[:space:]]*$//
    s/^[[:space:]]*[@#]include\(dir\)\{0,1\}[[:space:]]\{1,\}"\{0,1\}\([^"]*\)"\{0,1\}$/\1 \2/p' "$1" |
    while IFS= read -r line; do
      path=${line#* }
      case $path in *%h*) path="${path%%%h*}$host${path#*%h}" ;; esac
      case $path in /*) ;; *) path="${1%/*}/$path" ;; esac
      if [ "${line%% *}" != dir ]; then
        follow "$path" $(($2 + 1))
      elif [ -d "$path" ]; then
        section folder "${path%/}"
        for file in "${path%/}"/*; do
          case ${file##*/} in
            *~ | *.*) ;; # sudo does not read these
            *) [ ! -e "$file" ] || follow "$file" $(($2 + 1)) ;;
          esac
        done
      elif absent "${path%/}"; then
        section missing "${path%/}"
      else
        section denied "${path%/}"
      fi
    done
}
follow /etc/sudoers 0
