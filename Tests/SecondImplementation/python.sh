#!/bin/sh
# Prints the path of a Python that has numpy, mpmath and scipy. Sets up a small environment if there
# is none.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
if [ -x "$root/.build-oracles/bin/python" ]; then
  echo "$root/.build-oracles/bin/python"
  exit
fi
python=$root/.build-python/bin/python
if [ ! -x "$python" ]; then
  if ! python3 -m venv "$root/.build-python" >/dev/null 2>&1; then
    rm -rf "$root/.build-python"
    as_root=
    [ "$(id -u)" = 0 ] || as_root=sudo
    $as_root apt-get update -qq >&2
    $as_root apt-get install -y -qq python3-venv >/dev/null
    python3 -m venv "$root/.build-python"
  fi
fi
if ! "$python" -c 'import numpy, mpmath, scipy' 2>/dev/null; then
  "$python" -m pip install -q --disable-pip-version-check "numpy>=2" mpmath scipy >&2
fi
echo "$python"
