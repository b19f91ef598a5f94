# A set of files: parts of the repository are read, and the newest snapshot is restored.
can_verify verify-files
ops_config=$ops_etc/backup-files.conf
[ "$ops_source" = local ] || ops_config=$ops_etc/backup-files-offsite.conf
[ -r "$ops_config" ] || { echo "no $ops_config: no such repository is set up here" >&2; exit 3; }
ops_of=${ops_host:-$(uname -n)}
SNAPSHOT_HOST=$ops_of
export SNAPSHOT_HOST
snapshots before
for ops_part in $ops_parts; do
  section part "$ops_part"
  # With the last part the newest snapshot is restored, too.
  if [ "$ops_part" = "${ops_parts##* }" ] && [ "$ops_level" -ge 3 ]; then set -- "$ops_place"; fi
  timed "$ops_lib/verify-files" "$ops_config" "${ops_part%/*}" "${ops_part#*/}" "$@"
  [ "$ops_code" = 0 ] || break
done
snapshots after
exit 0 # what was found is in the sections
