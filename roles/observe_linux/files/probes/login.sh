# probe: login.defs
dump /etc/login.defs
# probe: login.useradd
dump /etc/default/useradd
