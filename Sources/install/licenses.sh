#!/usr/bin/env bash
# Collects the licences of everything that the program contains, as their owners wrote them.
#
#   licenses.sh CHECKOUTS DIRECTORY       CHECKOUTS: the checkouts of the Swift package manager
set -euo pipefail
checkouts=$1
folder=$2
rm -rf "$folder"
mkdir -p "$folder"
cp "$checkouts/swift-argument-parser/LICENSE.txt" "$folder/swift-argument-parser"
cp "$checkouts/swift-asn1/LICENSE.txt" "$folder/swift-asn1"
cat "$checkouts/swift-crypto/LICENSE.txt" "$checkouts/swift-crypto/NOTICE.txt" \
  > "$folder/swift-crypto"
cp "$checkouts/Yams/LICENSE" "$folder/Yams"
# The standard library, its runtime, and the smaller half of Foundation.
swift=$(dirname "$(dirname "$(readlink -f "$(command -v swiftc)")")")
cp "$swift/share/swift/LICENSE.txt" "$folder/swift"
# As in the distribution that provides the libraries.
for library in libarchive zstd; do
  for file in "/usr/share/doc/$library-dev/copyright" "/usr/share/doc/lib$library-dev/copyright"; do
    if [ -e "$file" ]; then cp "$file" "$folder/$library"; fi
  done
  test -s "$folder/$library"
done
