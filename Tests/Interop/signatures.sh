#!/usr/bin/env bash
# Signatures between regrok and ssh-keygen, in both directions. Trains a tiny run, signs it with
# keys made here, and lets each program check what the other one signed.
#
#   Tests/Interop/signatures.sh REGROK
set -euo pipefail
regrok=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
fail() { echo "signatures: $*" >&2; exit 1; }
ends() { # STATUS COMMAND...
  local wanted=$1 status=0
  shift
  "$@" >out 2>err || status=$?
  [ "$status" = "$wanted" ] || { cat out err >&2; fail "status $status instead of $wanted: $*"; }
}

"$regrok" run --preset tiny -o run --quiet >/dev/null
for who in ada eve; do ssh-keygen -q -t ed25519 -N "" -C "$who" -f "$who"; done
ssh-keygen -q -t rsa -b 3072 -N "" -C rsa -f rsa
echo "ada@example.org namespaces=\"regrok\" $(cat ada.pub)" >allowed
echo "ada@example.org namespaces=\"file\" $(cat ada.pub)" >elsewhere
echo "ada@example.org valid-before=\"20200101\" $(cat ada.pub)" >expired
{ cat allowed; echo "*@example.com,rob@example.org $(cat rsa.pub)"; } >two
echo "!eve@example.org,*@example.org $(cat ada.pub)" >pattern
echo "*@example.com,!eve@example.org,?da@example.org,ada@example.org $(cat ada.pub)" >name-last
echo "ada@example.org bogus=\"1\" $(cat ada.pub)" >bogus
: >empty
truncate -s 64G huge
# An ssh-keygen from before it could sign.
mkdir old
printf '#!/bin/sh\necho "unknown option -- Y" >&2\necho "usage: ssh-keygen [-q]" >&2\nexit 1\n' \
  >old/ssh-keygen
chmod +x old/ssh-keygen

# ssh-keygen accepts what regrok signs.
ends 0 "$regrok" pack run -o plain.tar.zst
ends 0 "$regrok" pack run -o ada.tar.zst --sign ada
ends 0 "$regrok" pack run -o eve.tar.zst --sign eve
ends 0 "$regrok" pack run -o rsa.tar.zst --sign rsa
tar --zstd -xf ada.tar.zst
cd [0-9a-f]*[0-9a-f]/
ssh-keygen -q -Y verify -f ../allowed -I ada@example.org -n regrok -s tagmanifest-sha256.txt.sig \
  <tagmanifest-sha256.txt >/dev/null || fail "ssh-keygen does not accept our signature"
# ssh-keygen's signature has the same bytes: ed25519 leaves no choice.
mv tagmanifest-sha256.txt.sig ../ours.sig
ssh-keygen -q -Y sign -n regrok -f ../ada tagmanifest-sha256.txt
cmp tagmanifest-sha256.txt.sig ../ours.sig || fail "ssh-keygen signs otherwise"
cd ..

ends 0 "$regrok" verify ada.tar.zst
ends 0 "$regrok" verify ada.tar.zst --allowed-signers allowed
grep -qx "signed by ada@example.org" out || fail "the signer is not named"
ends 0 "$regrok" verify rsa.tar.zst --allowed-signers two
grep -qx "signed by rob@example.org" out || fail "a person does not go before a pattern"
# A pattern is named as a pattern; a pattern that excludes is never named.
ends 0 "$regrok" verify ada.tar.zst --allowed-signers pattern
grep -qx "signed by a key that \*@example.org matches" out ||
  fail "the pattern is not named"
ends 0 "$regrok" verify ada.tar.zst --allowed-signers pattern --json
grep -q \
  '"signed":true,"signer":null,"signer_pattern":"\*@example.org","sound":true,.*"trusted":true' \
  out ||
  fail "the answer in JSON names no pattern"
ends 0 "$regrok" verify ada.tar.zst --allowed-signers name-last
grep -qx "signed by ada@example.org" out || fail "the person is not named"
# A stranger, no signature, another namespace, a key that has expired.
ends 3 "$regrok" verify eve.tar.zst --allowed-signers allowed
ends 3 "$regrok" verify plain.tar.zst --allowed-signers allowed
says() { grep -q "$1" err || { cat err >&2; fail "it does not say: $1"; }; }
ends 3 "$regrok" verify ada.tar.zst --allowed-signers elsewhere
says 'key is not permitted for use in signature namespace "regrok"'
ends 3 "$regrok" verify ada.tar.zst --allowed-signers expired
says "ssh-keygen says: expired:1: key has expired: verify time"
ends 3 "$regrok" verify ada.tar.zst --allowed-signers bogus
says "ssh-keygen says: bogus:1: bad options: unknown key option"
ends 3 "$regrok" verify ada.tar.zst --allowed-signers ada.pub
says "ssh-keygen says: ada.pub:1: invalid key"
ends 3 "$regrok" verify ada.tar.zst --allowed-signers empty
ends 3 "$regrok" verify plain.tar.zst --allowed-signers allowed --json
grep -q '"sound":true,.*"trusted":false' out ||
  fail "a sound bundle that is not signed is called unsound"
ends 74 "$regrok" verify ada.tar.zst --allowed-signers /dev/null
says "it is not a regular file, so no list of signers"
ends 74 "$regrok" verify ada.tar.zst --allowed-signers old
ends 74 "$regrok" verify ada.tar.zst --allowed-signers huge
says "a list of signers has at most 1048576"
PATH=$PWD/old:$PATH ends 4 "$regrok" verify ada.tar.zst --allowed-signers allowed
says "this ssh-keygen cannot check signatures"
ends 74 "$regrok" verify ada.tar.zst --allowed-signers nowhere
ends 74 "$regrok" pack run -o x.tar.zst --sign nowhere
ends 74 "$regrok" pack run -o x.tar.zst --sign allowed
[ ! -e x.tar.zst ] || fail "a bundle that could not be signed was left"
# A signature does not change the identity.
[ "$("$regrok" verify plain.tar.zst | tail -2)" = \
  "$("$regrok" verify ada.tar.zst | sed -n 2,3p)" ] ||
  fail "the identities differ"
echo "signatures: regrok and ssh-keygen accept each other's;" \
  "strangers, other namespaces and expired keys are refused"
