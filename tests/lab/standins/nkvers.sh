#!/bin/sh
# Kylin's version banner.
echo '############## Kylin Linux Version #################'
echo 'Release:'
cat /etc/kylin-release
echo
echo 'Kernel:'
uname -r
echo
echo 'Build:'
cat /etc/.productinfo
echo '#################################################'
