#!/bin/sh
# How far a restic repository can be trusted.
# usage: verify-files CONFIG N T [SCRATCH]   reads part N of T of all data; restores with SCRATCH
# SNAPSHOT_HOST in the environment: whose snapshot is restored, where it is not of this host.
# Out: "level N" (1: the part was read and is what was written; 3: the newest snapshot was restored and
# every file is what the repository says; 4: and what the manifest says, that was read from the files
# themselves), "pack ID snapshots ID ..." for each damaged pack, lines "problem TEXT", "cleaned yes|no".
# With a manifest "compared N" (files, folders, links) and "changed PATH" for each that changed while it was
# backed up, and is therefore not compared; without one "note TEXT" and level 3.
# Exit: 0 proven, 1 damaged, 2 could not be looked at (no statement on the backup).
set -u
umask 077
here=$(dirname "$0")
# shellcheck source=/dev/null
. "$1" || exit 2
. "$here/restic.sh"
. "$here/files-manifest.sh"
number=$2
parts=$3
scratch=${4:-}
made=
host=${SNAPSHOT_HOST:-$(uname -n)}
work=$(mktemp -d) || exit 2
said=$work/said

problem() { printf 'problem %s\n' "$*"; }
finish() {
    code=$?
    rm -rf "$work"
    [ -z "$made" ] || rm -rf "$scratch"
    if [ -n "$made" ] && [ -e "$scratch" ]; then
        echo 'cleaned no'
        [ "$code" != 0 ] || code=2
    else
        echo 'cleaned yes'
    fi
    exit "$code"
}
trap finish EXIT
trap 'problem "not verified: stopped by a signal"; exit 2' HUP INT TERM
unable() { problem "not verified: $*"; exit 2; }

command -v restic > /dev/null || unable "no program restic"
call_restic cat config > /dev/null 2> "$said" || unable "$(why_not_reached "$said" | grep . || tail -n 2 "$said")"

# Reading takes no lock: a repository that may only be added to lets nobody remove one again.
call_restic check --no-lock --read-data-subset "$number/$parts" > "$said.out" 2>&1
code=$?
if [ "$code" != 0 ]; then
    why=$(why_not_reached "$said.out")
    [ -z "$why" ] || unable "$why"
    speaks_of_damage "$said.out" || unable "restic check ended with $code: $(tail -n 3 "$said.out" | tr '\n' ' ')"
    # "Pack ID does not match, want ID, got ..." and "pack ID: does not exist", "pack ID contains ..."
    packs=$(grep -oiE '(want|pack) [0-9a-f]{64}' "$said.out" | awk '{ print $2 }' | sort -u)
    for pack in $packs; do
        call_restic find --no-lock --pack "$pack" > "$said.find" 2>&1
        printf 'pack %s snapshots %s\n' "$pack" \
            "$(grep -oE 'snapshot [0-9a-f]{8,64}' "$said.find" | awk '{ print $2 }' | sort -u | tr '\n' ' ')"
    done
    problem "damaged: $(grep -vE '^(using|load|check|create|\[)' "$said.out" | grep . | head -n 5 | tr '\n' ' ')"
    exit 1
fi
[ -n "$scratch" ] || { echo 'level 1'; exit 0; }

case $scratch in /*) ;; *) unable "$scratch is no absolute path" ;; esac
[ ! -e "$scratch" ] || unable "$scratch is there already: a scratch folder is always new"
mkdir "$scratch" || unable "cannot make $scratch"
made=yes
call_restic restore latest --no-lock --host "$host" --target "$scratch" > "$said.out" 2>&1
code=$?
if [ "$code" != 0 ]; then
    why=$(why_not_reached "$said.out")
    [ -z "$why" ] || unable "$why"
    speaks_of_damage "$said.out" || unable "restic restore ended with $code: $(tail -n 3 "$said.out" | tr '\n' ' ')"
    problem "cannot be restored: $(tail -n 3 "$said.out" | tr '\n' ' ')"
    exit 1
fi
snapshot=$(grep -oiE 'snapshot [0-9a-f]{8}' "$said.out" | head -n 1 | cut -d ' ' -f 2)
if ! call_restic dump --no-lock --host "$host.manifest" --tag "of-$snapshot" latest /manifest \
    > "$work/manifest" 2> "$said"; then
    why=$(why_not_reached "$said")
    [ -z "$why" ] || unable "$why"
    if ! grep -q 'no snapshot' "$said"; then
        speaks_of_damage "$said" || unable "the manifest cannot be read: $(tail -n 3 "$said" | tr '\n' ' ')"
        problem "the manifest is damaged: $(tail -n 3 "$said" | tr '\n' ' ')"
        exit 1
    fi
    rm -rf "$scratch"
    mkdir "$scratch" || unable "cannot make $scratch"
    call_restic restore "$snapshot" --no-lock --target "$scratch" --verify > "$said.out" 2>&1 ||
        { problem "is not restored as the repository has it: $(tail -n 3 "$said.out")"; exit 1; }
    echo "note snapshot $snapshot has no manifest: it is proven no further"
    echo 'level 3'
    exit 0
fi
[ "$(tail -n 1 "$work/manifest")" = end ] || { problem "the manifest is cut off"; exit 1; }
compare_restored "$work/manifest" "$scratch" || unable "the restored files cannot be read"
if [ -s "$work/differs" ]; then
    head -n 40 "$work/differs" | while IFS= read -r line; do problem "$line"; done
    echo 'level 3'
    exit 1
fi
[ -s "$work/expected" ] || { echo 'note nothing stayed as it was while it was backed up'; echo 'level 3'; exit 0; }
echo 'level 4'
