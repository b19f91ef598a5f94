# Can it be restored here? Reads only. Out: "set NAME" and lines "problem TEXT".
problem() { printf 'problem %s\n' "$*"; }
[ "$(id -u)" = 0 ] || problem "the login does not become root"
[ -x "$program" ] || problem "no program $program: install the backup first"
if [ -n "$newest" ]; then printf 'set %s\n' "${newest##*/}"; else problem "no backup set in $folder"; fi
[ ! -e "$scratch" ] || problem "$scratch is there already: a scratch instance is always new"
[ -d "${scratch%/*}" ] || problem "no folder ${scratch%/*}"
# Every live instance, by what its configuration says and by what its process has open.
for live in $(my_print_defaults server mysqld mariadb mariadbd 2> /dev/null | sed -n 's/^--datadir=//p') /var/lib/mysql \
    $(for pid in $(pidof mariadbd mysqld 2> /dev/null); do readlink "/proc/$pid/cwd"; done); do
    case $(readlink -m "$scratch")/ in
        "$(readlink -m "$live")"/*)
            problem "$scratch lies in the data directory of a live instance ($live)"
            break
            ;;
    esac
done
