#!/bin/sh
# Back up files of this host into a restic repository. It never makes a repository and removes
# nothing from one: that is done from elsewhere, so that this host cannot destroy its backups.
# Beside each snapshot there is one of the manifest: what the files were, read from them and not from the
# repository, so that a restored copy can be compared. It has the name of the host with ".manifest" behind it.
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
. "$here/files-manifest.sh"
began=$(date +%s)
hashes=${status_file%.json}.hashes
work=$(mktemp -d) || exit 1
said=$work/said
trap 'rm -rf "$work"' EXIT

write_status() {
    why=$(printf '%s' "$2" | tr '\n\t"\\' '    ' | cut -c 1-800)
    printf '{"job": "backup_files", "result": "%s", "reason": "%s", "snapshot": "%s", "began": %s, "ended": %s, "bytes": %s, "compared": %s, "changed": %s, "left_out": %s}\n' \
        "$1" "$why" "${snapshot:-}" "$began" "$(date +%s)" "${bytes:-0}" \
        "${compared:-0}" "${changed:-0}" "${left_out:-0}" > "$status_file.new" &&
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
expand_paths "$paths_file" > "$work/paths"
list_paths "$work/paths" '' > "$work/before"
# Without patterns restic reads them all, and they are hashed at the same time.
patterns=$(grep -Ecv '^[[:blank:]]*(#|$)' "$exclude_file")
hashing=
if [ "$patterns" = 0 ]; then
    cp "$work/before" "$work/listed"
    hash_listed "$hashes" &
    hashing=$!
fi
limit=
[ "$upload_limit" = 0 ] || limit="--limit-upload $upload_limit"
# shellcheck disable=SC2086 # two words or none
call_restic backup --json --tag opsrunner --files-from "$paths_file" --exclude-file "$exclude_file" $limit \
    > "$said.out" 2> "$said"
code=$?
snapshot=$(sed -n 's/.*"message_type":"summary".*"snapshot_id":"\([0-9a-f]*\)".*/\1/p' "$said.out")
bytes=$(sed -n 's/.*"message_type":"summary".*"total_bytes_processed":\([0-9]*\).*/\1/p' "$said.out")
[ "$code" != 3 ] || fail "not whole: some files could not be read: $(tail -n 5 "$said")"
[ "$code" = 0 ] || fail "$(why_not_reached "$said" | grep . || { echo "restic ended with $code:"; tail -n 3 "$said"; })"
[ -n "$snapshot" ] || fail "restic named no snapshot"

# Which files the snapshot has is the repository's word, what is in them is ours. Only those are read
# that were not read before, or have changed since.
call_restic ls --no-lock "$snapshot" > "$said.ls" 2> "$said" || fail "its list cannot be read: $(tail -n 3 "$said")"
{
    grep -a '^/' "$said.ls"
    # A name with a line break stands on two lines there: it is taken to be in it.
    grep -a "$(printf '\002')" "$work/before" | cut -d "$part" -f 1
} | sort -u > "$work/inside"
if [ -n "$hashing" ]; then
    wait "$hashing" || fail "the files cannot be hashed"
else
    join -t "$part" "$work/before" "$work/inside" > "$work/listed"
    hash_listed "$hashes"
fi
list_paths "$work/paths" '' > "$work/after"
write_manifest "$snapshot"
keep_hashes "$hashes" "$began" || fail "cannot write $hashes"
compared=$(wc -l < "$work/lines")
changed=$(wc -l < "$work/changed")
left_out=$(wc -l < "$work/left_out")
call_restic backup --stdin --stdin-filename manifest --host "$(uname -n).manifest" \
    --tag "of-$(printf %.8s "$snapshot")" < "$work/manifest" > "$said.out" 2> "$said" ||
    fail "snapshot $snapshot is there without its manifest: $(tail -n 3 "$said")"
[ "$patterns" != 0 ] || [ "$left_out" = 0 ] ||
    fail "restic left out $left_out: $(head -n 3 "$work/left_out" | tr '\n\002' '  ')"
write_status done ''
printf 'backup-files: snapshot %s\n' "$snapshot"
