/// What one of our signatures is about. A signature of one kind never stands for another kind.
package enum SignatureNamespace: String, Sendable {
  /// A bundle's identity.
  case bundle = "regrok"
  /// A statement on a replay.
  case replay = "regrok-replay"
}

/// The form of signatures: exactly what `ssh-keygen -Y sign -n NAMESPACE` writes (PROTOCOL.sshsig).
/// Whether a signature is valid is for ssh-keygen to say.
package enum SignatureArmor {
  private static let begin = "-----BEGIN SSH SIGNATURE-----\n"
  private static let end = "-----END SSH SIGNATURE-----\n"
  private static let lineLength = 70

  /// What is wrong with the form; nil if nothing is.
  package static func fault(_ bytes: [UInt8], in namespace: SignatureNamespace) -> String? {
    do throws(Fault) {
      _ = try key(in: bytes, of: namespace)
      return nil
    } catch {
      return error.reason
    }
  }

  /// Why a signature does not have the form.
  package struct Fault: Error {
    package let reason: String
    fileprivate init(_ reason: String) { self.reason = reason }
  }

  /// The public key that a signature names; whether it made the signature is another question.
  package static func key(
    in bytes: [UInt8], of namespace: SignatureNamespace
  ) throws(Fault) -> SSHPublicKey {
    let text = String(decoding: bytes, as: UTF8.self)
    let encoded = String(text.dropFirst(begin.count).dropLast(end.count).filter { $0 != "\n" })
    guard let blob = Base64.decoded(encoded), armored(blob) == bytes else {
      throw Fault("it is not in the lines that ssh-keygen writes")
    }
    var rest = blob[...]
    guard rest.starts(with: "SSHSIG".utf8) else { throw Fault("it is no SSH signature") }
    rest = rest.dropFirst(6)
    guard number(&rest) == 1, let key = string(&rest), !key.isEmpty, let name = string(&rest),
      let reserved = string(&rest), let hash = string(&rest), string(&rest)?.isEmpty == false,
      rest.isEmpty
    else { throw Fault("it is no SSH signature of version 1") }
    guard name.elementsEqual(namespace.rawValue.utf8) else {
      throw Fault("its namespace is not \(namespace.rawValue)")
    }
    guard reserved.isEmpty, hash.elementsEqual("sha256".utf8) || hash.elementsEqual("sha512".utf8)
    else { throw Fault("it is over a hash that OpenSSH does not use") }
    return SSHPublicKey(bytes: Array(key))
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

  /// Nil also for a number that is no `Int`, which has 32 bits in WebAssembly.
  private static func number(_ rest: inout ArraySlice<UInt8>) -> Int? {
    guard rest.count >= 4 else { return nil }
    defer { rest = rest.dropFirst(4) }
    return Int(exactly: rest.prefix(4).reduce(0 as UInt32) { $0 << 8 | UInt32($1) })
  }

  private static func string(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard let count = number(&rest), count <= rest.count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }
}
