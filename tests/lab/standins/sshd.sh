#!/bin/bash
# sshd of EL: the real sshd 9.2 behind it, with what the old one does differently.
#  - an option the old sshd does not know is a bad configuration option (Include!)
#  - what the configuration leaves open has the old default (PermitRootLogin yes on EL 6 and 7)
#  - host keys may be 0640 root:ssh_keys, as EL's patched sshd allows
#  - `sshd -T` prints the old names and the old default lists
# In /usr/lib/lab-standin/sshd.profile: VERSION, UNKNOWN, DEFAULTS, SHOWN, RENAME.
real=/usr/lib/lab-standin/real/sshd
run=/run/lab-standin
config=/etc/ssh/sshd_config
test_mode='' extended=''

# The per-connection child: its configuration comes from the listener.
for word; do [ "$word" != -R ] || exec -a "$0" "$real" "$@"; done
. /usr/lib/lab-standin/sshd.profile

keep=()
while [ $# -gt 0 ]; do
    case $1 in
        -f) config=$2; shift ;;
        -f*) config=${1#-f} ;;
        -t) test_mode=1; keep+=("$1") ;;
        -T) extended=1; keep+=("$1") ;;
        -V | '-?') printf 'unknown option -- V\n%s\n' "$VERSION" >&2; exit 1 ;;
        *) keep+=("$1") ;;
    esac
    shift
done
# A re-executed listener names the configuration that was made here.
[ "$config" != "$run/sshd_config" ] || config=$(cat "$run/sshd_config.source")
[ -r "$config" ] && [ -f "$config" ] || exec -a /usr/sbin/sshd "$real" -f "$config" "${keep[@]}"

refused=$(awk -v unknown="$UNKNOWN" -v file="$config" '
    { word = tolower($1); sub(/=.*/, "", word) }
    word ~ "^(" unknown ")$" { printf "%s: line %d: Bad configuration option: %s\n", file, NR, $1; bad++ }
    END { if (bad) printf "%s: terminating, %d bad configuration options\n", file, bad }' "$config")
if [ -n "$UNKNOWN" ] && [ -n "$refused" ]; then
    printf '%s\n' "$refused" >&2
    exit 255
fi

umask 077
mkdir -p "$run/keys"
if [ -n "$test_mode$extended" ]; then
    made=$(mktemp "$run/sshd_config.XXXXXX")
    trap 'rm -f "$made"' EXIT
else
    made=$run/sshd_config
    printf '%s\n' "$config" > "$run/sshd_config.source"
fi
for key in /etc/ssh/ssh_host_*_key; do
    [ ! -s "$key" ] || cat "$key" > "$run/keys/${key##*/}"
done
# Defaults go before the first Match: sshd takes the first value it meets, so they count last.
awk -v defaults="$DEFAULTS" -v keys="$run/keys/" '
    function put() { if (!done) { printf "%s", defaults; done = 1 } }
    tolower($1) == "match" { put() }
    tolower($1) == "hostkey" && !done { sub("/etc/ssh/", keys) }
    { print }
    END { put() }' "$config" > "$made"

if [ -z "$test_mode$extended" ]; then
    exec -a /usr/sbin/sshd "$real" -f "$made" "${keep[@]}"
fi
mkdir -p /run/sshd
out=$("$real" -f "$made" "${keep[@]}" 2> "$made.err")
code=$?
sed -e "s|$made|$config|g" -e "s|$run/keys/|/etc/ssh/|g" "$made.err" >&2
rm -f "$made.err"
if [ -n "$out" ]; then
    printf '%s\n' "$out" | sed -e "s|$run/keys/|/etc/ssh/|g" -e "$RENAME" |
        awk -v shown="$SHOWN" -v file="$config" '
            BEGIN {
                n = split(shown, lines, "\n")
                for (i = 1; i <= n; i++) { split(lines[i], w, " "); stock[w[1]] = lines[i] }
                while ((getline line < file) > 0) {
                    split(line, w, /[ \t=]+/)
                    set[tolower(w[1] == "" ? w[2] : w[1])] = 1
                }
            }
            ($1 in stock) && !($1 in set) { print stock[$1]; next }
            { print }'
fi
exit $code
