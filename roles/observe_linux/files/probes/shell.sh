# probe: shell.files
# The profile scripts that say anything of what the facts ask for, and the scripts these read in;
# of the others the names; and which of them only root can read. Values of variables that may be
# credentials are masked here.
words='TMOUT|HIST|umask|PATH|pathmunge|readonly|eval|exec|(^|[;&|[:space:]])(\.|source|exit|return)[[:space:];]'
own='/etc/profile /etc/bashrc /etc/bash.bashrc
/root/.bash_profile /root/.bash_login /root/.profile /root/.bashrc
/etc/skel/.bash_profile /etc/skel/.bash_login /etc/skel/.profile /etc/skel/.bashrc'
all=$(ls $own /etc/profile.d/*.sh /etc/profile.d/sh.local 2>/dev/null | grep -v '[[:space:]]')
telling=$(grep -lE "$words" $all /dev/null 2>/dev/null)
read_in='s/^[^#]*\(^\|[;&[:space:]]\)\(\.\|source\)[[:space:]]\{1,\}\(\/[A-Za-z0-9_./+-]*\).*/\3/p'
at_home='s/^[^#]*\(^\|[;&[:space:]]\)\(\.\|source\)[[:space:]]\{1,\}"\{0,1\}\(~\|\$HOME\|\${HOME}\)"\{0,1\}\(\/[A-Za-z0-9_./+-]*\).*/\/root\4\
\/etc\/skel\4/p'
more=$(sed -n -e "$read_in" -e "$at_home" $telling /dev/null 2>/dev/null | grep -v '^/usr/' | sort -u)
hide='s/\([A-Za-z0-9_]*\(PASS\|PWD\|SECRET\|TOKEN\|CRED\|API_\{0,1\}KEY\|pass\|pwd\|secret\|token\)[A-Za-z0-9_]*=\)\("[^"]*"\|'"'[^']*'"'\|[^[:space:];]*\)/\1masked/g'
done=' '
full=''
others=''
for file in /etc/profile.d/*[[:space:]]*.sh; do
  if [ -e "$file" ]; then dump "$file" | sed "$hide"; fi
done
for file in $telling $all $own $more; do
  case "$done" in *" $file "*) continue ;; esac
  done="$done$file "
  case "
$telling
$more
" in
    *"
$file
"*) wanted=yes ;;
    *) wanted='' ;;
  esac
  if [ ! -f "$file" ] || [ ! -r "$file" ]; then
    dump "$file"
  elif [ -z "$wanted" ]; then
    others="$others$file
"
  elif [ -s "$file" ]; then
    full="$full $file"
  else
    section file "$file"
  fi
done
awk -v mark="$OPS_MARK" 'FNR == 1 { printf "\n@%s - file %s\n", mark, FILENAME } { print }' \
  $full /dev/null | sed "$hide"
section closed
find $all $more -maxdepth 0 -path '/etc/*' ! -perm -004 2>/dev/null
[ -z "$(find /etc/profile.d -maxdepth 0 ! -perm -001 2>/dev/null)" ] ||
  printf '%s\n' $all | grep '^/etc/profile\.d/'
section others
printf '%s' "$others"
