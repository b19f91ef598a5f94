# probe: login.defs
dump /etc/login.defs
