#!/bin/sh
# Put the locked packages of requirements/$2.lock into .venv. As root on Debian it fetches
# what the system itself lacks (python3-venv, the ssh client); elsewhere it says what to do.
set -eu
python=$1 set=$2
[ ! -e .venv/bin/uv ] || rm -f .venv/.runtime .venv/.dev

missing=""
"$python" -c 'import sys; sys.exit(sys.version_info[:2] < (3, 11))' || {
  echo "Python 3.11 or newer is needed; $("$python" --version) is what '$python' is." >&2
  exit 3
}
"$python" -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"
command -v ssh-keygen >/dev/null 2>&1 || missing="$missing openssh-client"
# What only tests use; without root they are skipped and said to be.
if [ "$set" = dev ] && [ "$(id -u)" -eq 0 ]; then
  for tool in chromium unzip busybox gawk mawk zstd logrotate; do
    command -v $tool >/dev/null 2>&1 || [ -x /usr/sbin/$tool ] || missing="$missing $tool"
  done
  command -v pdftotext >/dev/null 2>&1 || missing="$missing poppler-utils"
  [ -n "$(fc-list :lang=zh 2>/dev/null)" ] || missing="$missing fonts-noto-cjk"
fi
if [ -n "$missing" ]; then
  if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing system packages:$missing"
    apt-get update -qq
    # shellcheck disable=SC2086 # a list of words
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
  else
    echo "please install:$missing (as root: apt-get install$missing)" >&2
    exit 3
  fi
fi

[ -x .venv/bin/pip ] || "$python" -m venv .venv
echo "installing the locked packages ($set) into .venv"
[ -x .venv/bin/uv ] || .venv/bin/pip install -q --disable-pip-version-check \
  --require-hashes -r requirements/bootstrap.lock
# uv brings its own certificates, which a site's own index or proxy may not be signed by: then
# those of the system, and at last pip, which is slow and knows the site's pip.conf.
.venv/bin/uv pip sync -q --require-hashes "requirements/$set.lock" 2>/dev/null ||
  .venv/bin/uv pip sync -q --system-certs --require-hashes "requirements/$set.lock" 2>/dev/null ||
  .venv/bin/pip install -q --disable-pip-version-check --require-hashes -r "requirements/$set.lock"
.venv/bin/uv pip install -q --no-deps --no-build-isolation -e .

# Compiled once here: uv does not, and where the folder belongs to root or bytecode is not to be
# written, Python would compile Ansible anew at every start. Collections are loaded by few.
.venv/bin/python -m compileall -q -j 0 -x '/(ansible_collections|tests?)/' \
  "$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" opsrunner plugins ||
  echo "not everything was compiled; it runs all the same, and starts a second later" >&2
