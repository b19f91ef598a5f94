# Which saved binary logs continue a dump without a gap. POSIX sh; nothing here runs by itself.

# Given a set's manifest and the folder of logs that backup-mariadb-logs writes, lines
#   range FROM TO            what can be restored: any moment from the dump's to the last whole log's
#   gap NAME WHY FROM TO     what cannot: WHY is missing, damaged or restarted (the server began to
#                            count anew); TO is ? where nobody can tell
#   use FILE                 the logs to replay, in order; not for the reader of a report
list_logs() {
    dump=$(sed -n 's/^position binlog \([^ ]*\) .*/\1/p' "$1")
    moment=$(sed -n 's/^moment //p' "$1")
    [ -n "$moment" ] || moment=$(sed -n 's/^taken //p' "$1")
    if [ ! -e "$2/index" ]; then
        printf 'range %s %s\n' "$moment" "$moment"
        ! ls "$2"/*.gz > /dev/null 2>&1 || printf 'gap index missing %s ?\n' "$moment"
        return
    fi
    # A line of the index that is not as it was written is a damaged log.
    {
        (cd "$2" && awk -v moment="$moment" '$4 >= moment { print $1 "  " $3 "-" $5 ".gz" }' index |
            LC_ALL=C sha256sum -c 2> /dev/null) | sed 's/^\(.*\): OK$/whole \1/; s/^\(.*\): FAILED open or read$/absent \1/'
        sed 's/^/log /' "$2/index"
    } | awk -v dump="$dump" -v moment="$moment" '
        function number(name) { sub(/.*\./, "", name); return name + 0 }
        function stem(name) { sub(/\.[0-9]*$/, "", name); return name }
        function gap(name, why, from, to) { gaps = gaps "gap " name " " why " " from " " to "\n"; broken = 1 }
        $1 != "log" { state[$2] = $1; next }
        NF != 6 || $4 !~ /^[0-9]+T[0-9]+Z$/ { gap("index", "damaged", moment, "?"); broken = 0; next }
        { n++; from[n] = $4; to[n] = $5; name[n] = $6 }
        name[n] == dump && from[n] <= moment { start = n }
        END {
            last = moment; before = dump; i = start
            if (!start) for (i = 1; i <= n && from[i] <= moment; i++) { }
            # The log of the dump is still open, unless a later one was saved without it.
            if (!start && i <= n) gap(dump, "missing", moment, from[i])
            end = moment
            for (; i && i <= n; i++) {
                file = from[i] "-" name[i] ".gz"
                if (i != start) {
                    if (stem(name[i]) != stem(before) || number(name[i]) <= number(before))
                        gap(name[i], "restarted", end, from[i])
                    else for (k = number(before) + 1; k < number(name[i]); k++)
                        gap(sprintf("%s.%06d", stem(before), k), "missing", end, from[i])
                }
                if (state[file] != "whole") gap(name[i], state[file] == "absent" ? "missing" : "damaged", i == start ? moment : from[i], to[i])
                else if (!broken) { last = to[i]; print "use " file }
                before = name[i]; end = to[i]
            }
            print "range " moment " " last
            printf "%s", gaps
        }'
}
