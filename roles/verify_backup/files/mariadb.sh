# A set of a MariaDB server: its newest dump is restored into an instance of its own.

cannot_fetch() { # exit code: say why, in the words of the verifying programs
  # shellcheck source=/dev/null
  . "$ops_lib/restic.sh"
  ops_words=$(tail -n 3 "$ops_place.copy/said" | tr '\n' ' ')
  ops_why=$(why_not_reached "$ops_place.copy/said")
  section said
  if [ "$1" = 124 ]; then
    section ended 124 "$ops_seconds"
  elif [ -z "$ops_why" ] && speaks_of_damage "$ops_place.copy/said"; then
    echo "problem cannot be restored: $ops_words"
    section ended 1 0
  else
    echo "problem not verified: ${ops_why:-restic ended with $1: $ops_words}"
    section ended 2 0
  fi
  exit 0
}

fetch() { # have the newest dump of the newest snapshot here; none: ops_set is empty
  mkdir "$ops_place.copy" || exit 1
  repository ls --no-lock --host "$ops_of" latest \
    >"$ops_place.copy/list" 2>"$ops_place.copy/said" || cannot_fetch $?
  ops_inside=$(grep -E '/[0-9]{8}T[0-9]{6}Z$' "$ops_place.copy/list" | sort | tail -n 1)
  ops_set=
  [ -n "$ops_inside" ] || return 0
  repository restore latest --no-lock --host "$ops_of" --include "$ops_inside" \
    --target "$ops_place.copy/tree" >"$ops_place.copy/said" 2>&1 || cannot_fetch $?
  ops_set=$ops_place.copy/tree$ops_inside
}

can_verify verify-mariadb
ops_of=${ops_host:-$(uname -n)}
ops_config=$ops_etc/backup-mariadb.conf
[ "$ops_source" = local ] || ops_config=$ops_etc/backup-mariadb-offsite.conf
[ -r "$ops_config" ] || { echo "no $ops_config: no such backup is set up here" >&2; exit 3; }
if [ "$ops_source" = local ]; then
  # shellcheck source=/dev/null
  ops_folder=$(. "$ops_config" && printf '%s' "$directory")
  [ -d "$ops_folder" ] || { echo "no folder $ops_folder" >&2; exit 3; }
  ops_set=$(ls -1d "$ops_folder"/[0-9]*Z 2>/dev/null | sort | tail -n 1)
else
  fetch
fi
section copy
if [ -n "$ops_set" ]; then
  printf '%s %s\n' "${ops_set##*/}" "$(cat "$ops_set"/* 2>/dev/null | wc -c)"
  timed "$ops_lib/verify-mariadb" "$ops_set" "$ops_place" "$ops_level"
  section manifest
  head -c 4194304 "$ops_set/manifest" 2>/dev/null
fi
exit 0 # what was found is in the sections
