#!/bin/sh
# The tests on booted lab hosts, with what they need from Debian; elsewhere say what is skipped.
set -eu
bin=$1
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "SKIPPED: the lab tests need root on Debian; everything else has been tested." >&2
  [ -z "${CI:-}" ] || exit 1
  exit 0
fi
trap '"$bin/python" tests/lab/lab.py down' EXIT
# Lab tests wait much: two workers with labs of their own. What measures a time in which nothing
# else may hold the machine up is marked `alone` and comes afterwards.
failed=0
"$bin/pytest" -q -m 'lab and not alone' -n 2 --dist loadfile --no-loadscope-reorder \
  --durations=25 tests || failed=1
"$bin/pytest" -q -m 'lab and alone' --durations=0 --durations-min=1 tests || failed=1
exit $failed
