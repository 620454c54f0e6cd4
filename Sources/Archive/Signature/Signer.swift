/// A signer, as the list of allowed signers names it.
public struct Signer: Sendable, Hashable {
  public let name: String
  /// Whether `name` is a pattern. The list then names only those whom the pattern matches.
  public let isPattern: Bool

  /// The signers in the output of find-principals, persons before patterns. A pattern with `!`
  /// excludes signers and names nobody.
  package static func all(in output: [UInt8]) -> [Signer] {
    let names = String(decoding: output, as: UTF8.self).split(separator: "\n")
      .flatMap { $0.split(separator: ",") }.filter { !$0.hasPrefix("!") }
    let signers = names.map { name in
      Signer(name: String(name), isPattern: name.contains { "*?".contains($0) })
    }
    return signers.filter { !$0.isPattern } + signers.filter { $0.isPattern }
  }
}
