# Modes and owners as EL's packages set them: first the table all EL identities share, then the
# identity's own. A line for a file that is not there is skipped; `dir` makes the folder.
if [ $family = el ]; then
    cat "$shared/modes.txt" "$here/modes.txt" | sed 's/#.*//' | while read -r mode owner path; do
        [ -n "$path" ] || continue
        case $path in */) mkdir -p "$path" ;; esac
        for file in $path; do
            [ -e "$file" ] || continue
            chown "$owner" "$file"
            chmod "$mode" "$file"
        done
    done
fi
