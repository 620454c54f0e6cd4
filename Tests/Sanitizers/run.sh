#!/bin/sh
# The unit tests under a sanitizer, in a build folder of its own.
#
#   Tests/Sanitizers/run.sh address|thread [OPTION of swift test...]
#
# A report ends it with 1. What is known and harmless is in the file SANITIZER.txt beside this one,
# each with a reason.
set -eu
cd "$(dirname "$0")/../.."
kind=$1
shift
suppressions=$PWD/Tests/Sanitizers/$kind.txt
case $kind in
# What statics hold at the end is no leak.
address) export ASAN_OPTIONS="detect_leaks=0:halt_on_error=1:suppressions=$suppressions" ;;
thread) export TSAN_OPTIONS="halt_on_error=1:exitcode=66:suppressions=$suppressions" ;;
*) echo "sanitizers: $kind is none; there are address and thread" >&2; exit 64 ;;
esac
# One choice of vectors for both. A debug build is slow, and slower yet under a sanitizer: half an
# hour and more each.
VECTORS=${VECTORS:-avx2} ${SWIFT:-swift} test --sanitize="$kind" --scratch-path ".build-$kind" "$@"
