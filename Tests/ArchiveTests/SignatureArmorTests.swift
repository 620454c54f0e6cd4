import Foundation
import Testing

@testable import Archive

/// Checks the form of a signature field by field. `CrateTests` and `SignatureTests` have signatures
/// that ssh-keygen made.
@Suite struct SignatureArmorTests {
  /// A blob as PROTOCOL.sshsig describes it, with some fields changed.
  private static func blob(
    magic: String = "SSHSIG", version: UInt32 = 1, key: String = "key",
    namespace: String = "regrok",
    reserved: String = "", hash: String = "sha512", signature: String = "signature"
  ) -> [UInt8] {
    func bytes(_ number: UInt32) -> [UInt8] { Array(number.littleEndianBytes.reversed()) }
    let fields = [key, namespace, reserved, hash, signature]
    return Array(magic.utf8) + bytes(version)
      + fields.flatMap { bytes(UInt32($0.utf8.count)) + Array($0.utf8) }
  }

  private static func fault(_ blob: [UInt8], line: Int = 70) -> String? {
    var text = "-----BEGIN SSH SIGNATURE-----\n"
    var rest = Substring(Data(blob).base64EncodedString())
    while !rest.isEmpty {
      text += rest.prefix(line) + "\n"
      rest = rest.dropFirst(line)
    }
    return SignatureArmor.fault(
      Array((text + "-----END SSH SIGNATURE-----\n").utf8), in: .bundle)
  }

  @Test func theFormOfOpenSSHIsAccepted() {
    #expect(Self.fault(Self.blob()) == nil)
    #expect(Self.fault(Self.blob(hash: "sha256")) == nil)
    #expect(Self.fault(Self.blob(signature: String(repeating: "x", count: 1000))) == nil)
  }

  @Test func everyFieldIsLookedAt() {
    for blob in [
      Self.blob(magic: "SSHSIH"), Self.blob(version: 2), Self.blob(key: ""),
      Self.blob(namespace: "file"), Self.blob(namespace: ""), Self.blob(reserved: "x"),
      Self.blob(hash: "md5"), Self.blob(hash: ""), Self.blob(signature: ""), Self.blob() + [0],
    ] {
      #expect(Self.fault(blob) != nil)
    }
    for size in 0..<Self.blob().count {
      #expect(Self.fault(Array(Self.blob().prefix(size))) != nil, "cut at \(size)")
    }
    // A length that points past the end.
    var long = Self.blob()
    long[10] = 0xff
    #expect(Self.fault(long) != nil)
  }

  @Test func linesHaveSeventyCharacters() {
    for line in [64, 69, 71, 76, 1000] { #expect(Self.fault(Self.blob(), line: line) != nil) }
  }
}
