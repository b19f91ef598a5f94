#!/bin/sh
# How far a restic repository can be trusted.
# usage: verify-files CONFIG N T [SCRATCH]   reads part N of T of all data; restores with SCRATCH
# Out: "level N" (1: the part was read and is what was written; 3: the newest snapshot was restored and
# every file is what the repository says), "pack ID snapshots ID ..." for each damaged pack, lines
# "problem TEXT", "cleaned yes|no".
# Exit: 0 proven, 1 damaged, 2 could not be looked at (no statement on the backup).
set -u
umask 077
here=$(dirname "$0")
# shellcheck source=/dev/null
. "$1" || exit 2
. "$here/restic.sh"
part=$2
parts=$3
scratch=${4:-}
made=
said=$(mktemp) || exit 2

problem() { printf 'problem %s\n' "$*"; }
finish() {
    code=$?
    rm -f "$said" "$said".*
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
call_restic check --no-lock --read-data-subset "$part/$parts" > "$said.out" 2>&1
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
call_restic restore latest --no-lock --host "${SNAPSHOT_HOST:-$(uname -n)}" --target "$scratch" --verify > "$said.out" 2>&1
code=$?
if [ "$code" != 0 ]; then
    why=$(why_not_reached "$said.out")
    [ -z "$why" ] || unable "$why"
    speaks_of_damage "$said.out" || unable "restic restore ended with $code: $(tail -n 3 "$said.out" | tr '\n' ' ')"
    problem "cannot be restored: $(tail -n 3 "$said.out" | tr '\n' ' ')"
    exit 1
fi
echo 'level 3'
