#!/bin/sh
# In a chroot of the merged root: run every step in order. A step is sourced; it may use
# $identity, $family (el or debian), $here (this identity's data), $shared (data of all EL
# identities), $real (where hidden and moved-away programs live).
set -eu
umask 022
identity=$1
here=/mnt/identities/$identity
shared=/mnt/identities/el
real=/usr/lib/lab-standin/real
family=el
[ "$identity" != debian12 ] || family=debian
mkdir -p "$real"
for step in /mnt/identities/build/steps/*.sh; do
    echo "== $identity: $step"
    . "$step"
done
