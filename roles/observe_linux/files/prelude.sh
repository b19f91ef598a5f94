# Helpers that every probe body can use. Exit codes of a probe have one meaning everywhere:
# 127 the tool is not on the host, 126 not allowed to look, 124/137 cut by the limit.

need() { # tool: go on only when it is there
  command -v "$1" >/dev/null 2>&1 || { echo "no $1" >&2; exit 127; }
}

need_rpm() { # a system of packages by rpm: without its database the tool would make an empty one
  need rpm
  [ -d "$(rpm --eval '%{_dbpath}')" ] || { echo "no rpm database" >&2; exit 127; }
}
need_root() { # go on only as root
  [ "$(id -u)" -eq 0 ] || { echo "needs root" >&2; exit 126; }
}

section() { # words: start a named section of this probe's output
  printf '\n@%s - %s\n' "$OPS_MARK" "$*"
}

absent() { # path: succeed only when it is certainly not there, not merely out of our sight
  case $1 in /*) ops_dir=${1%/*} ;; *) return 1 ;; esac
  while [ -n "$ops_dir" ] && [ ! -d "$ops_dir/" ]; do ops_dir=${ops_dir%/*}; done
  [ -x "$ops_dir/" ]
}

listable() { # pattern or path: fail when it is a pattern over a folder that we cannot list
  case $1 in *'*'*) ;; *) return 0 ;; esac
  [ ! -d "${1%/*}/" ] || [ -r "${1%/*}/" ]
}

dump() { # files: each as a section "file PATH", "missing PATH", "denied PATH", "long PATH", ...
  ops_long=$(stat -L -c '%s %n' "$@" 2>/dev/null | awk '$1 > 262144 { sub(/^[0-9]+ /, ""); print }')
  for ops_file; do
    if [ -f "$ops_file" ]; then
      if [ -n "$ops_long" ] && printf '%s\n' "$ops_long" | grep -q -x -F -e "$ops_file"; then
        section long "$ops_file"
      elif [ -r "$ops_file" ]; then
        section file "$ops_file"
        cat "$ops_file"
      else
        section denied "$ops_file"
      fi
    elif [ -e "$ops_file" ]; then
      section odd "$ops_file"
    elif [ -h "$ops_file" ]; then
      section dangling "$ops_file"
    elif absent "$ops_file" && listable "$ops_file"; then
      section missing "$ops_file"
    else
      section denied "$ops_file"
    fi
  done
}

listing() { # paths: type, mode, uid, gid, user, group, size, mtime, path and link target of each
  for ops_file; do
    if [ -e "$ops_file" ] || [ -h "$ops_file" ]; then
      stat -c '%F|%a|%u|%g|%U|%G|%s|%Y|%N' "$ops_file"
    elif absent "$ops_file"; then
      printf 'missing|||||||||%s\n' "$ops_file"
    else
      printf 'denied|||||||||%s\n' "$ops_file"
    fi
  done
}

pids_of() { # names, of 15 bytes at most: the processes of these names (pgrep is not on every host)
  for ops_dir in /proc/[0-9]*; do
    { IFS= read -r ops_stat <"$ops_dir/stat"; } 2>/dev/null || continue
    ops_stat=${ops_stat#*\(}
    for ops_name; do
      [ "${ops_stat%\)*}" != "$ops_name" ] || echo "${ops_dir#/proc/}"
    done
  done
}

own_processes() { # names: the processes of these names that are this system's, not a container's
  ops_own=$(readlink /proc/self/ns/pid 2>/dev/null)
  for ops_pid in $(pids_of "$@"); do
    [ "$(readlink "/proc/$ops_pid/ns/pid" 2>/dev/null)" = "$ops_own" ] && echo "$ops_pid"
  done
  return 0
}

sshd_calls() { # a line for each sshd here that is configured in its own way: program, -f and -o
  # Somebody may have built another sshd, and EL 8 passes its crypto policy by -o. Newer versions
  # write all of it into one process title, which is cut at 1 KiB: "sshd: /usr/sbin/sshd -D
  # [listener] 0 of 10-100 startups". What a title lacks, or all where none runs (ssh.socket), is
  # what the service would be started with.
  ops_policy=$(sed -n 's/^CRYPTO_POLICY=//p' /etc/crypto-policies/back-ends/opensshserver.config \
    /etc/sysconfig/sshd 2>/dev/null | tail -n 1 | tr -d "\"'")
  {
    for ops_pid in $(own_processes sshd); do
      { tr '\0' ' ' <"/proc/$ops_pid/cmdline"; } 2>/dev/null && echo
    done
    printf 'default: %s %s %s\n' "$(command -v sshd)" "$(sed -n \
      -e 's/^OPTIONS=//p' -e 's/^SSHD_OPTS=//p' /etc/sysconfig/sshd /etc/default/ssh 2>/dev/null |
      tail -n 1 | tr -d "\"'")" "$ops_policy"
  } | awk -v policy="$ops_policy" '
    $1 == "default:" && found { next }
    $1 == "sshd:" && $2 ~ /^\// && !sub(/ *\[listener\].*/, "") { sub(/ *[^ ]* *$/, " " policy) }
    { sub(/^(sshd|default): */, "") }
    $1 !~ /^\// { next }
    {
      call = $1
      for (i = 2; i <= NF; i++) {
        if ($i !~ /^-[Ddeiqr46]*[fo]/) continue
        match($i, /[fo]/)
        flag = substr($i, RSTART, 1)
        value = substr($i, RSTART + 1)
        if (value == "") value = $(++i)
        if (flag == "o" && value !~ /=/ && i < NF && $(i + 1) !~ /^-/) value = value "=" $(++i)
        call = call " -" flag value
      }
      found = 1
      if (!seen[call]++) print call
    }'
}
