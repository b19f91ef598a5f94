#!/bin/sh
# Back up files of this host into a restic repository. It never makes a repository and removes
# nothing from one: that is done from elsewhere, so that this host cannot destroy its backups.
# usage: backup-files CONFIG...    one after the other, whatever became of the one before
# Exit: 0 done, 1 failed or not whole, 75 another one runs.
set -u
umask 077
if [ $# -gt 1 ]; then
    worst=0
    for config; do "$0" "$config" || worst=$?; done
    exit "$worst"
fi
here=$(dirname "$0")
# shellcheck source=/dev/null
. "$1" || exit 1
. "$here/restic.sh"
began=$(date +%s)
said=$(mktemp) || exit 1
trap 'rm -f "$said" "$said.out"' EXIT

write_status() {
    why=$(printf '%s' "$2" | tr '\n\t"\\' '    ' | cut -c 1-800)
    printf '{"job": "backup_files", "result": "%s", "reason": "%s", "snapshot": "%s", "began": %s, "ended": %s, "bytes": %s}\n' \
        "$1" "$why" "${snapshot:-}" "$began" "$(date +%s)" "${bytes:-0}" > "$status_file.new" &&
        mv "$status_file.new" "$status_file"
}

fail() {
    write_status failed "$*"
    printf 'backup-files: %s\n' "$*" >&2
    exit 1
}

exec 9> "$status_file.lock" || exit 1
flock -n 9 || { echo "backup-files: another one runs" >&2; exit 75; }
command -v restic > /dev/null || fail "no program restic"
call_restic cat config > /dev/null 2> "$said" || fail "$(why_not_reached "$said" | grep . || tail -n 2 "$said")"
limit=
[ "$upload_limit" = 0 ] || limit="--limit-upload $upload_limit"
# shellcheck disable=SC2086 # two words or none
call_restic backup --json --tag opsrunner --files-from "$paths_file" --exclude-file "$exclude_file" $limit \
    > "$said.out" 2> "$said"
code=$?
snapshot=$(sed -n 's/.*"message_type":"summary".*"snapshot_id":"\([0-9a-f]*\)".*/\1/p' "$said.out")
bytes=$(sed -n 's/.*"message_type":"summary".*"total_bytes_processed":\([0-9]*\).*/\1/p' "$said.out")
[ "$code" != 3 ] || fail "not whole: some files could not be read: $(tail -n 5 "$said")"
[ "$code" = 0 ] || fail "restic ended with $code: $(tail -n 3 "$said")"
[ -n "$snapshot" ] || fail "restic named no snapshot"
write_status done ''
printf 'backup-files: snapshot %s\n' "$snapshot"
