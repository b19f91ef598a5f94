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
"$bin/pytest" -q -m lab --durations=15 tests
