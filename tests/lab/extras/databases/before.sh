#!/bin/sh
# In: the chroot before the packages. Out: small files for the server, since each host copies
# them when it first writes to them.
set -eu
mkdir -p /etc/mysql/mariadb.conf.d
cat > /etc/mysql/mariadb.conf.d/90-lab.cnf <<'CNF'
[mariadbd]
innodb_log_file_size = 8M
innodb_buffer_pool_size = 32M
performance_schema = off
CNF
