#!/bin/sh
# `regrok numerics` beside others: fmaf of the C library, Random123's known answers, the second
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
