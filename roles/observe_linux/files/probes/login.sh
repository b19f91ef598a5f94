# probe: login.defs
# of comments only the place is kept
dump /etc/login.defs | sed 's/^[[:space:]]*#.*/#/'
# probe: login.useradd
dump /etc/default/useradd | sed 's/^[[:space:]]*#.*/#/'
