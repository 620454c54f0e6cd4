/// Who has signed, as the list of allowed signers has it.
public struct Signer: Sendable, Hashable {
  public let name: String
  /// The list names nobody but those whom this pattern matches.
  public let isPattern: Bool

  /// Those in the lines of find-principals, persons before patterns; a pattern with `!` excludes,
  /// and names nobody.
  package static func all(in output: [UInt8]) -> [Signer] {
    let names = String(decoding: output, as: UTF8.self).split(separator: "\n")
      .flatMap { $0.split(separator: ",") }.filter { !$0.hasPrefix("!") }
    let signers = names.map { name in
      Signer(name: String(name), isPattern: name.contains { "*?".contains($0) })
    }
    return signers.filter { !$0.isPattern } + signers.filter { $0.isPattern }
  }
}
