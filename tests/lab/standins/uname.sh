#!/bin/sh
# uname with the kernel release of the identity in place of the machine's.
real=$(/usr/lib/lab-standin/real/uname -r)
version=$(/usr/lib/lab-standin/real/uname -v)
out=$(/usr/lib/lab-standin/real/uname "$@") || exit $?
release=$(cat /usr/lib/lab-standin/kernel-release)
printf '%s\n' "$out" | awk -v real="$real" -v release="$release" -v version="$version" '
    { if (i = index($0, real)) $0 = substr($0, 1, i - 1) release substr($0, i + length(real))
      if (i = index($0, version)) $0 = substr($0, 1, i - 1) "#1 SMP" substr($0, i + length(version))
      print }'
