package import Digests

/// A public key in the form of SSH (RFC 4253, 6.6).
public struct SSHPublicKey: Sendable, Hashable {
  let bytes: [UInt8]

  /// What OpenSSH calls the key's fingerprint and writes in Base64.
  package var fingerprint: Digest { Digest(of: bytes) }

  /// The persons under whose names the key stands in a list of allowed signers, whatever the
  /// conditions. Patterns name nobody.
  ///
  /// This also finds the name of an expired key. Who may sign now is for ssh-keygen to say.
  package func names(in list: [UInt8]) -> Set<String> {
    let encoded = Base64.encoded(bytes)
    var names: Set<String> = []
    for line in String(decoding: list, as: UTF8.self).split(whereSeparator: { $0.isNewline }) {
      let words = line.split { $0 == " " || $0 == "\t" }
      guard let first = words.first, !first.hasPrefix("#"), words.contains(encoded[...]) else {
        continue
      }
      let quoted = first.hasPrefix("\"") ? line.split(separator: "\"").first { $0 != " " } : first
      let signers = Signer.all(in: Array((quoted ?? first).utf8))
      names.formUnion(signers.lazy.filter { !$0.isPattern }.map { $0.name })
    }
    return names
  }
}
