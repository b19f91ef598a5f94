# What a change may touch, exactly as it is. The controller puts `set -- WORD...` before a body.
# Names and bytes travel in base64: a file may hold anything, and be called anything.
# probe: state.self
# who logged in, and the day by the host's own clock
section login
# sudo says who called it; of su only the kernel knows (EL: pam_loginuid)
login=${SUDO_USER:-}
number=''
if [ -z "$login" ] && [ -r /proc/self/loginuid ]; then
  read -r number </proc/self/loginuid || : # no line feed at its end
fi
case $number in
  4294967295 | '') ;;
  *) login=$(getent passwd "$number" 2>/dev/null | cut -d : -f 1) ;;
esac
printf '%s\n' "${login:-$(id -un)}"
section uid
id -u
section today
echo $(($(date +%s) / 86400))
# probe: state.paths
# what is at each path and pattern of "$@", as (state, path, real path); afterwards "$@" holds the
# real paths of what was found. Shell builtins do it all but the end of a link.
need base64
IFS=''
here=''
is_pattern() { case $1 in *[][*?]*) ;; *) return 1 ;; esac; }
hidden() { # pattern: succeed when it may have matches that are out of our sight
  at=$1
  while is_pattern "$at"; do
    at=${at%/*}
    for folder in ${at:-/}; do
      if [ -d "$folder" ]; then
        { [ -r "$folder" ] && [ -x "$folder" ]; } || return 0
      elif ! is_pattern "$folder"; then
        [ -e "$folder" ] || absent "$folder" || return 0
      fi
    done
  done
  return 1
}
resolve() { # path: put its real path into $real
  if [ -h "$1" ]; then
    real=$(readlink -f -- "$1" && echo .) || return 1
    real=${real%??}
  else
    folder=${1%/*}
    [ "$folder" = "$here" ] || cd -P -- "${folder:-/}" 2>/dev/null || return 1
    here=$folder
    real=${PWD%/}/${1##*/}
  fi
}
left=$#
while [ "$left" -gt 0 ]; do
  asked=$1
  shift
  left=$((left - 1))
  if is_pattern "$asked" && hidden "$asked"; then
    set -- "$@" denied "$asked" "$asked"
    continue
  fi
  for path in $asked; do
    real=$path
    if [ -e "$path" ]; then
      state=denied
      ! resolve "$path" || state=found
      if [ -z "$content" ]; then case $real in @SECRET@) state=secret ;; esac; fi
    elif [ -h "$path" ]; then
      state=dangling
    elif is_pattern "$asked"; then
      continue
    elif absent "$path"; then
      state=absent
      resolve "$path" || real=$path
    else
      state=denied
    fi
    set -- "$@" "$state" "$path" "$real"
  done
done
section paths
[ $# -eq 0 ] || printf '%s\0' "$@" | base64
left=$#
while [ "$left" -gt 0 ]; do
  [ "$1" != found ] || set -- "$@" "$3"
  shift 3
  left=$((left - 3))
done
section attributes
[ $# -eq 0 ] || find "$@" -maxdepth 0 -printf '%y %m %U %G %s %p\0' | base64
# probe: state.contents
# one stream of all files' bytes; sizes say where each ends, checksums that none changed meanwhile
small() { find "$@" -maxdepth 0 -type f -readable -size -@LIMIT@c "$how" "$what"; }
how=-printf what='%s %p\0'
section sizes
[ $# -eq 0 ] || small "$@" | base64
what='%p\0'
section sums
[ $# -eq 0 ] || small "$@" | xargs -0 -r sha256sum -- | sed 's/^\\//' | cut -c 1-64
section bytes
[ $# -eq 0 ] || small "$@" | xargs -0 -r cat -- | base64
true
# probe: state.units
# without systemctl a script's own status says whether it runs, as it does when it is changed
if command -v systemctl >/dev/null 2>&1; then
  [ -d /run/systemd/system ] || { echo "systemd is not running" >&2; exit 127; }
  section systemd
  systemctl show -p Id -p LoadState -p UnitFileState -p ActiveState -- "$@"
  section sysv
  ls /etc/rc.d/rc[2-5].d /etc/rc[2-5].d 2>/dev/null | sed -n 's/^S[0-9][0-9]//p' | sort -u
else
  section up
  for unit; do
    name=${unit%.service}
    [ ! -x "/etc/init.d/$name" ] || ! service "$name" status >/dev/null 2>&1 || printf '%s\n' "$unit"
  done
fi
true
# probe: state.sysctls
# "$@" are paths and patterns below /proc/sys. Those of the network come from there, because an interface's
# name may hold "=", which sysctl would take for an assignment; the others as sysctl says them.
cd /proc/sys || exit 1
section present
for asked; do
  for path in $asked; do [ ! -e "$path" ] || printf '%s\n' "$path"; done
done
section network
grep -s '' $(printf '%s\n' "$@" | grep '^net/') /dev/null
section kernel
sysctl -e $(printf '%s\n' "$@" | grep -v '^net/' | tr ./ /.) 2>/dev/null
true
# probe: state.accounts
# no hash leaves the host: field 2 is reduced to what it means
need_root
[ -f /etc/shadow ] || { echo "no /etc/shadow" >&2; exit 1; }
kind='function kind(p) {
  return p == "" ? "empty" : p ~ /^!/ ? "locked" : p ~ /^\*/ ? "none" : "set"
}'
section passwd
awk -F: "$kind"' { print $1 ":" ($2 == "x" ? "x" : kind($2)) ":" $3 ":" $4 ":" $6 ":" $7 }' /etc/passwd
section shadow
awk -F: "$kind"' { print $1 ":" kind($2) ":" $3 ":" $4 ":" $5 ":" $6 ":" $7 ":" $8 }' /etc/shadow
