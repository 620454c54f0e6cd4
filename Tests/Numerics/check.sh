#!/bin/sh
# Compares `regrok numerics` with the C library's fmaf, Random123's known answers and the second
# implementation.
#
#   Tests/Numerics/check.sh REGROK
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python=$("$here/../SecondImplementation/python.sh")
"${CC:-clang}" -O1 -ffp-contract=off "$here/product.c" -lm -o "$folder/product"
"$python" "$here/check.py" "$1" "$folder/product"
