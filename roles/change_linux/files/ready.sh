# Before anything is touched: could every item be changed, and is there room to keep what is?

ops_blocked() { # target, code, words
  ops_tell blocked "$1" "$2" "$3"
  return 1
}

ops_ancestor() { # path: the nearest folder above it that exists, into $ops_top
  ops_top=${1%/*}
  while [ -n "$ops_top" ] && [ ! -d "$ops_top" ]; do ops_top=${ops_top%/*}; done
  ops_top=${ops_top:-/}
}

ops_read_only() { # path: succeed when the file system it is on is mounted read-only
  case $ops_writable in *"$OPS_NL$1$OPS_NL"*) return 1 ;; esac # looked at before
  ops_on_read_only "$1" && return 0
  ops_writable=$ops_writable$1$OPS_NL
  return 1
}

ops_on_read_only() { # path: the same, by the mounts of this moment
  awk -v path="$1/" '
    { point = $2; gsub(/\\040/, " ", point); if (point != "/") point = point "/" }
    index(path, point) == 1 && length(point) >= best { best = length(point); options = $4 }
    END { exit options !~ /(^|,)ro(,|$)/ }' /proc/self/mounts
}

ops_immutable() { # paths: succeed when one may not be changed, even by root
  command -v lsattr >/dev/null 2>&1 || return 1
  lsattr -d -- "$@" 2>/dev/null | {
    while read -r ops_flags ops_rest; do
      case $ops_flags in *[ia]*) exit 0 ;; esac
    done
    exit 1
  }
}

ops_by_link() { # path: succeed when it or a folder on the way to it is a symbolic link
  case $1 in *//* | */./* | */../*) return 0 ;; esac
  ops_up=$1
  while [ -n "$ops_up" ]; do
    [ ! -h "$ops_up" ] || return 0
    ops_up=${ops_up%/*}
  done
  return 1
}

ops_ready_file() { # path
  ! ops_by_link "$1" ||
    { ops_blocked "$1" link "a symbolic link lies on the way to it"; return 1; }
  ops_ancestor "$1"
  if ops_read_only "$ops_top"; then
    ops_blocked "$1" read_only "its file system is mounted read-only"
  elif if [ -e "$1" ]; then ops_immutable "$ops_top" "$1"; else ops_immutable "$ops_top"; fi; then
    ops_blocked "$1" immutable "the immutable or append-only attribute is set"
  elif [ -f "$1" ] && [ "$(stat -c %h "$1")" -ne 1 ]; then
    ops_blocked "$1" hard_link "it has a second name, which a new file in its place would not have"
  elif ops_mounted "$1"; then
    ops_blocked "$1" mount "something is mounted over it"
  fi
}

ops_mounted() { # path: a file that is a mount point cannot be replaced
  [ -n "$ops_mounts" ] || ops_mounts=$(cat /proc/self/mounts)
  case $ops_mounts in *" $1 "*) return 0 ;; esac
  return 1
}

ops_ready_attributes() { # path
  ! ops_by_link "$1" ||
    { ops_blocked "$1" link "a symbolic link lies on the way to it"; return 1; }
  if ops_read_only "$1"; then
    ops_blocked "$1" read_only "its file system is mounted read-only"
  elif ops_immutable "$1"; then
    ops_blocked "$1" immutable "the immutable or append-only attribute is set"
  fi
}

ops_ready_account() { # name
  for ops_path in /etc/passwd /etc/shadow; do ops_ready_file "$ops_path" || return 1; done
  for ops_path in /etc/passwd.lock /etc/shadow.lock; do
    [ ! -e "$ops_path" ] ||
      { ops_blocked "$1" locked "$ops_path: somebody is changing accounts"; return 1; }
  done
}

ops_ready_unit() { # name
  if ops_systemd && ops_read_only /etc/systemd/system; then
    ops_blocked "$1" read_only "/etc/systemd/system is read-only"
  fi
}

ops_weigh_file() { # path: add what it takes to keep it and to write it anew, in KiB
  [ ! -f "$1" ] || ops_need=$((ops_need + $(stat -c %s "$1") / 1024 + 4))
}

ops_room() { # room for the snapshot, for what is staged, and a little for everything else
  ops_need=256
  ops_each weigh
  ops_need=$((ops_need * 2 + OPS_CONTENT_KIB * 3))
  for ops_top in "$OPS_HOME" /etc; do
    ops_free=$(df -P -k "$ops_top" 2>/dev/null | awk 'NR > 1 { print $4 }')
    [ "${ops_free:-0}" -ge "$ops_need" ] ||
      ops_blocked "$ops_top" no_space "${ops_free:-0} KiB are free, $ops_need are needed" || return 1
  done
}

ops_ready() { # report everything that stands in the way; fail when anything does
  ops_blocks=0
  ops_each ready || ops_blocks=1
  if ops_read_only "$OPS_HOME"; then
    ops_blocked "$OPS_HOME" read_only "its file system is mounted read-only"
    ops_blocks=1
  fi
  ops_room || ops_blocks=1
  return "$ops_blocks"
}
