# probe: shell.files
# The profile scripts that say anything of what the facts ask for, and the scripts these read in;
# of the others the names; and which of them only root can read. Values of variables that may be credentials are masked here.
words='TMOUT|HIST|umask|PATH|pathmunge|readonly|eval|exec|(^|[;&|[:space:]])(\.|source|exit|return)[[:space:];]'
own='/etc/profile /etc/bashrc /etc/bash.bashrc
  /root/.bash_profile /root/.bash_login /root/.profile /root/.bashrc
  /etc/skel/.bash_profile /etc/skel/.bash_login /etc/skel/.profile /etc/skel/.bashrc'
all=$(ls $own /etc/profile.d/*.sh /etc/profile.d/sh.local 2>/dev/null)
telling=$(grep -lE "$words" $all /dev/null 2>/dev/null)
read_in='s/^[^#]*\(^\|[;&[:space:]]\)\(\.\|source\)[[:space:]]\{1,\}\(\/[A-Za-z0-9_./+-]*\).*/\3/p'
at_home='s/^[^#]*\(^\|[;&[:space:]]\)\(\.\|source\)[[:space:]]\{1,\}"\{0,1\}\(~\|\$HOME\|\${HOME}\)"\{0,1\}\(\/[A-Za-z0-9_./+-]*\).*/\/root\4 \/etc\/skel\4/p'
more=$(sed -n -e "$read_in" -e "$at_home" $telling /dev/null 2>/dev/null | tr ' ' '\n' |
  grep -v '^/usr/' | sort -u)
hide='s/\([A-Za-z0-9_]*\(PASS\|PWD\|SECRET\|TOKEN\|CRED\|API_\{0,1\}KEY\|pass\|pwd\|secret\|token\)[A-Za-z0-9_]*=\)\("[^"]*"\|'"'[^']*'"'\|[^[:space:];]*\)/\1masked/g'
{
  dump $telling
  for file in $(printf '%s\n' $all $own $more | sort -u); do
    if [ ! -r "$file" ] || ! printf '%s\n' $all | grep -qxF "$file"; then dump "$file"; fi
  done
} | sed "$hide"
section closed
find $all $more -maxdepth 0 -path '/etc/*' ! -perm -004 2>/dev/null
[ -z "$(find /etc/profile.d -maxdepth 0 ! -perm -001 2>/dev/null)" ] ||
  printf '%s\n' $all | grep '^/etc/profile\.d/'
section others
printf '%s\n' $all | grep -vxF "$telling" || :
