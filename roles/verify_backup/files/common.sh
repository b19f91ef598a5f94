# What the verification of every kind of backup has in common. POSIX sh; opsrunner sets before it:
# ops_lib and ops_etc (folders of programs and settings), ops_source (local, offsite), ops_level (1 to 4), ops_scratch (a
# folder), ops_seconds (limit), ops_host (whose snapshots; empty: of this host), ops_parts ("2/4 ...").
# Sections: "copy", "snapshots before|after", "part N/T", "said", "ended CODE SECONDS", "manifest",
# "cleaned yes|no". Exit codes are a probe's, and 3: nothing is set up there.

can_verify() { # program: go on only as root, with the program, and alone
  need_root
  [ -x "$ops_lib/$1" ] || { echo "no program $ops_lib/$1: install the backup first" >&2; exit 127; }
  [ -d "$ops_scratch" ] || { echo "no folder $ops_scratch" >&2; exit 3; }
  # Whatever a verification starts holds the lock: one that was cut off is not joined by another.
  exec 9>/var/lock/opsrunner-verify || exit 1
  flock -n 9 || { echo 'another verification runs on this host' >&2; exit 75; }
  ops_place=$ops_scratch/opsrunner-verify-$$
  trap clean EXIT
  trap 'exit 124' HUP INT TERM
  rm -rf "$ops_scratch"/opsrunner-verify-* # of one that was killed
}

clean() { # cleaning up is part of the proof
  rm -rf "$ops_place" "$ops_place.copy"
  [ ! -e "$ops_place" ] && [ ! -e "$ops_place.copy" ] && section cleaned yes || section cleaned no
}

seconds() { # of the kernel's clock, which nobody sets
  IFS=' .' read -r ops_now ops_rest </proc/uptime
  echo "$ops_now"
}

timed() { # program and arguments: run it within the limit; its group has five minutes to clean up
  ops_began=$(seconds)
  section said
  timeout -k 300 "$ops_seconds" "$@"
  ops_code=$?
  section ended "$ops_code" "$(($(seconds) - ops_began))"
}

repository() { # restic's arguments: ask the repository of ops_config
  timeout -k 10 "$ops_seconds" /bin/sh -c \
    '. "$0" && . "$1/restic.sh" && shift && call_restic "$@"' "$ops_config" "$ops_lib" "$@"
}

snapshots() { # word: the snapshots of the host, as JSON
  section snapshots "$1"
  repository snapshots --no-lock --json --host "$ops_of" 2>/dev/null
}
