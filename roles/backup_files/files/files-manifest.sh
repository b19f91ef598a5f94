# What files are, as text to compare: used by backup-files (on the source) and verify-files (on what was
# restored). POSIX sh with GNU find; nothing here runs by itself. Needs: work, a folder.
#
# A line of a listing has fields parted by \001, sorted as bytes: path; type, mode, user, group, size
# and time of change; target of a link; what only this file system knows (change time, inode). A line
# break in a name is \002.
part=$(printf '\001')
found_by='%p\001%y %m %U %G %s %T@\001%l\001%C@ %D:%i\0'
folder_by='%p\001%y %m %U %G 0 %T@\001%l\001%C@ %D:%i\0'

# Given paths as arguments, the listing of all that is there. Sockets are of no use elsewhere.
list_files() {
    find "$@" \( -type d -printf "$folder_by" \) -o \( ! -type s -printf "$found_by" \) 2> /dev/null |
        tr '\n\0' '\002\n' | sort -u
}

# Given a listing, "PATH \001 SHA-256" of each plain file. A file that cannot be read is left out.
hash_files() {
    awk -F "$part" '$2 ~ /^f / { print $1 }' > "$work/names"
    if command -v openssl > /dev/null; then digest='openssl dgst -sha256 -r'; else digest='sha256sum -b'; fi
    odd=$(printf '[\\\\\002\r]')
    {
        # By 200, and no further once the program that asked has ended and taken its folder away.
        grep -av "$odd" "$work/names" | tr '\n' '\0' |
            xargs -0 -r -n 200 sh -c '[ -d "$0" ] || exit 255; exec '"$digest"' "$@"' "$work" 2> /dev/null |
            sed "s/^\([0-9a-f]\{64\}\) [* ]\(.*\)/\2$part\1/"
        # Names that the tools would write differently, one at a time.
        grep -a "$odd" "$work/names" | while IFS= read -r name; do
            file=$(printf '%s.' "$name" | tr '\002' '\n')
            sum=$(sha256sum < "${file%.}" 2> /dev/null) && printf '%s%s%s\n' "$name" "$part" "${sum%% *}"
        done
    } | sort
}

# Given a listing and hashes (two files), lines of a manifest: HASH TYPE MODE UID GID SIZE TIME PATH,
# the target of a link behind \001. A plain file without a hash is left out.
as_manifest() {
    join -t "$part" -a 1 -e - -o 2.2,1.2,1.1,1.3 "$1" "$2" |
        awk -F "$part" -v OFS="$part" '
            $2 ~ /^f / && $1 == "-" { next }
            { print $1 " " $2 " " $3, $4 == "-" ? "" : $4 }' | sort
}

# Given a file of paths and patterns as restic reads it, the paths that are there, one to a line.
expand_paths() {
    (
        IFS='
'
        # shellcheck disable=SC2046 # lines, and patterns among them
        printf '%s\n' $(grep -Ev '^[[:blank:]]*(#|$)' "$1")
    )
}

# Given a file of paths and what stands before each, their listing.
list_paths() {
    from=$1
    below=$2
    set --
    while IFS= read -r path; do set -- "$@" "$below$path"; done < "$from"
    list_files "$@"
}

# Given a cache of hashes, write $work/hashes: of each plain file of the listing $work/listed, from the cache
# where nothing about the file has changed since.
hash_listed() {
    [ -e "$1" ] || : > "$1"
    join -t "$part" "$work/listed" "$1" |
        awk -F "$part" -v OFS="$part" '$2 == $5 && $3 == $6 && $4 == $7 { print $1, $8 }' > "$work/known"
    join -t "$part" -v 1 "$work/listed" "$work/known" | hash_files > "$work/new"
    sort -m "$work/known" "$work/new" > "$work/hashes"
}

# Given the snapshot, and in $work the listings before and after the backup, the hashes, the paths, and
# the names that are in the snapshot (inside), write $work/manifest. What was the same before and after
# is compared when it is restored; what was not is named.
write_manifest() {
    comm -12 "$work/before" "$work/after" > "$work/same"
    join -t "$part" "$work/same" "$work/inside" > "$work/saved"
    join -t "$part" -v 1 "$work/same" "$work/inside" | cut -d "$part" -f 1 > "$work/left_out"
    as_manifest "$work/saved" "$work/hashes" > "$work/lines"
    cut -d ' ' -f 8- "$work/lines" | cut -d "$part" -f 1 | sort > "$work/compared"
    # Of a name with a line break restic's list has the first line, too, as if it were a name.
    grep -ah "$(printf '\002')" "$work/before" "$work/after" | sed "s/$(printf '\002').*//" | sort -u |
        comm -13 - "$work/inside" > "$work/names"
    {
        comm -3 "$work/before" "$work/after" | sed 's/^[^/]//' | cut -d "$part" -f 1
        awk -v paths="$work/paths" 'BEGIN { while ((getline line < paths) > 0) within[line] = 1 }
            { for (path in within) if ($0 == path || index($0, path "/") == 1) { print; next } }' \
            "$work/names"
    } | sort -u | comm -23 - "$work/compared" > "$work/changed"
    {
        echo 'opsrunner-files-manifest 1'
        printf 'snapshot %s\n' "$1"
        sed 's/^/path /' "$work/paths"
        sed 's/^/is /' "$work/lines"
        sed 's/^/changed /' "$work/changed"
        printf 'left_out %s\nend\n' "$(wc -l < "$work/left_out")"
    } > "$work/manifest"
}

# Given a cache, keep in it the hashes of files that were the same before and after, and whose last
# change is older than the clock can blur.
keep_hashes() {
    join -t "$part" "$work/same" "$work/hashes" |
        awk -F "$part" -v before="$(($2 - 2))" '{ split($4, at, "[.]") } at[1] < before' > "$1.new" &&
        mv "$1.new" "$1"
}

# Given a manifest and a folder that its snapshot was restored to, write $work/differs: "lacks or
# differs: LINE" and "has instead: LINE", and print "compared N" and "changed PATH".
compare_restored() {
    sed -n 's/^is //p' "$1" > "$work/expected"
    sed -n 's/^changed //p' "$1" > "$work/changed"
    sed -n 's/^path //p' "$1" > "$work/paths"
    (
        cd "$2" || exit 1
        list_paths "$work/paths" . > "$work/listed"
        : > "$work/none"
        hash_listed "$work/none"
    ) || return 1
    as_manifest "$work/listed" "$work/hashes" | awk -F "$part" -v names="$work/changed" '
        BEGIN { while ((getline line < names) > 0) changed[line] = 1 }
        {
            name = $1
            for (field = 1; field < 8; field++) sub(/^[^ ]* /, "", name)
            at = length($1) - length(name)
            if (!(substr(name, 2) in changed)) print substr($0, 1, at) substr($0, at + 2)
        }' | sort > "$work/found"
    {
        comm -23 "$work/expected" "$work/found" | sed 's/^/lacks or differs: /'
        comm -13 "$work/expected" "$work/found" | sed 's/^/has instead: /'
    } | tr '\001\002' '  ' > "$work/differs"
    tr '\002' ' ' < "$work/changed" | sed 's/^/changed /'
    printf 'compared %s\n' "$(wc -l < "$work/expected")"
}
