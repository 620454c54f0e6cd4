#!/bin/sh
# Makes .build-oracles, the Python environment of the oracles, and prints the versions in it.
#
# The CPU build of torch suffices. It is taken wherever pip is configured to find one, because a
# local version (2.13.0+cpu) ranks above the plain one. Otherwise pip takes the default wheel, which
# on Linux needs its CUDA packages (several gigabytes) even to be imported. TORCH=FILE names a wheel
# to use instead.
set -eu
cd "$(dirname "$0")/../.."
venv=.build-oracles
"${PYTHON:-python3}" -m venv "$venv"
if [ -n "${TORCH:-}" ]; then "$venv/bin/pip" install --quiet "$TORCH"; fi
"$venv/bin/pip" install --quiet -r Tests/Oracles/requirements.txt
"$venv/bin/python" - <<'PYTHON'
import importlib
for name in ["torch", "jax", "numpy", "scipy", "mpmath", "safetensors", "pandas"]:
    print(name, importlib.import_module(name).__version__)
PYTHON
du -sh "$venv"
