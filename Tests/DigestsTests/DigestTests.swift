import Digests
import Testing

/// Examples of SHA-256 from FIPS 180-4 (NIST, Cryptographic Standards and Guidelines).
@Suite struct DigestTests {
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func digestsAreThoseOfTheStandard(text: String, hex: String) {
    #expect(Digest(of: Array(text.utf8)).hex == hex)
  }

  @Test func partsGiveTheDigestOfTheWhole() {
    let content = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    for cut in [0, 1, 63, 64, 65, 999, 1000] {
      var hasher = Digest.Hasher()
      hasher.update(content[..<cut])
      hasher.update(content[cut...])
      #expect(hasher.finish() == Digest(of: content))
    }
  }

  @Test func hexadecimalDigitsReadBack() throws {
    let digest = Digest(of: [1, 2, 3])
    #expect(Digest(hex: digest.hex) == digest)
    #expect(Digest(bytes: digest.bytes) == digest)
    for text in [
      "", digest.hex.uppercased(), digest.hex + "0", String(digest.hex.dropLast()) + "g",
    ] {
      #expect(Digest(hex: text) == nil)
    }
  }
}
