# The newest whole set; a set that is being made has another name. POSIX sh.
set -u
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
program=/usr/local/lib/opsrunner/verify-mariadb
newest=$(find "$folder" -mindepth 1 -maxdepth 1 -type d -name '[0-9]*Z' 2> /dev/null | sort | tail -n 1)
