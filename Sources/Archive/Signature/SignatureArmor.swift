/// The form of `tagmanifest-sha256.txt.sig`: what `ssh-keygen -Y sign -n regrok` writes (PROTOCOL.sshsig), exactly.
/// Whether the signature holds is for ssh-keygen to say.
package enum SignatureArmor {
  package static let namespace = "regrok"
  private static let begin = "-----BEGIN SSH SIGNATURE-----\n"
  private static let end = "-----END SSH SIGNATURE-----\n"
  private static let lineLength = 70

  /// What is wrong with the form; nil where nothing is.
  package static func fault(_ bytes: [UInt8]) -> String? {
    let text = String(decoding: bytes, as: UTF8.self)
    let encoded = String(text.dropFirst(begin.count).dropLast(end.count).filter { $0 != "\n" })
    guard let blob = Base64.decoded(encoded), armored(blob) == bytes else {
      return "it is not in the lines that ssh-keygen writes"
    }
    var rest = blob[...]
    guard rest.starts(with: "SSHSIG".utf8) else { return "it is no SSH signature" }
    rest = rest.dropFirst(6)
    guard number(&rest) == 1, string(&rest)?.isEmpty == false, let name = string(&rest),
      let reserved = string(&rest), let hash = string(&rest), string(&rest)?.isEmpty == false,
      rest.isEmpty
    else { return "it is no SSH signature of version 1" }
    guard name.elementsEqual(namespace.utf8) else { return "its namespace is not \(namespace)" }
    guard reserved.isEmpty, hash.elementsEqual("sha256".utf8) || hash.elementsEqual("sha512".utf8)
    else { return "it is over a hash that OpenSSH does not use" }
    return nil
  }

  private static func armored(_ blob: [UInt8]) -> [UInt8] {
    var rest = Substring(Base64.encoded(blob))
    var text = begin
    while !rest.isEmpty {
      text += rest.prefix(lineLength) + "\n"
      rest = rest.dropFirst(lineLength)
    }
    return Array((text + end).utf8)
  }

  private static func number(_ rest: inout ArraySlice<UInt8>) -> Int? {
    guard rest.count >= 4 else { return nil }
    defer { rest = rest.dropFirst(4) }
    return rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
  }

  private static func string(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard let count = number(&rest), count <= rest.count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }
}
