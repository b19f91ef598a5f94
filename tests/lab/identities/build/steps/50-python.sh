# The interpreter where this identity has it; Debian's own out of sight on EL, since EL 6 to 8
# have no python3.11. dnf and firewalld go on using it under its hidden name.
if [ $family = el ]; then
    mv /usr/bin/python3.11 "$real/python3"
    rm -f /usr/bin/python3 /usr/bin/pydoc3* /usr/bin/py3* /usr/bin/pygettext3*
    grep -lIE '^#! ?/usr/bin/python3' /usr/bin/* /usr/sbin/* 2>/dev/null | while read -r script; do
        sed -i "1s|^#! */usr/bin/python3|#!$real/python3|" "$script"
    done
    if [ -n "$INTERPRETER" ]; then
        mkdir -p "${INTERPRETER%/*}"
        old=/usr/lib/lab-standin/python$SERIES/bin/python$SERIES
        [ -n "$SERIES" ] && [ -x "$old" ] || old=$real/python3
        ln -sf "$old" "$INTERPRETER"
    fi
    # Ansible's dnf module looks for the one interpreter that has dnf's library in these places.
    case $identity in
        rhel8) ln -s "$real/python3" /usr/bin/python3 ;;
        kylinv10) ln -s "$real/python3" /usr/libexec/platform-python ;;
    esac
fi
