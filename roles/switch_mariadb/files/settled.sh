# No step of a switchover runs on this host any more: what is asked next is not a moment's picture. Reads only.
if [ -e "$lock" ]; then
    exec 9< "$lock"
    flock -w "$step_wait" 9 || die "a step of a switchover still runs on this host"
    exec 9<&-
fi
