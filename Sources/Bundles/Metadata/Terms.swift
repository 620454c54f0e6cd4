import RunRecords

/// What the metadata of a bundle say of its publisher and its licence; no part of a result.
public struct Terms: Sendable, Hashable {
  public var license: License?
  public var publisher: Publisher?

  public init(license: License? = nil, publisher: Publisher? = nil) {
    self.license = license
    self.publisher = publisher
  }

  /// A licence, by its SPDX identifier (https://spdx.org/licenses) or its address.
  public struct License: Sendable, Hashable {
    let id: String
    private let name: String

    /// Nil where `text` is neither.
    public init?(_ text: String) {
      if Terms.isAddress(text) {
        id = text
      } else if !text.isEmpty && text.utf8.count <= 64
        && text.utf8.allSatisfy({ Terms.isLetterOrDigit($0) || "-.+".utf8.contains($0) })
      {
        id = "https://spdx.org/licenses/" + text
      } else {
        return nil
      }
      name = text
    }

    var entity: CanonicalJSON {
      ["@id": .string(id), "@type": "CreativeWork", "name": .string(name)]
    }
  }

  /// An organization, by name, and by address where it is given as "Name <https://…>".
  public struct Publisher: Sendable, Hashable {
    let id: String
    private let name: String

    /// Nil where there is no name, or one with control characters.
    public init?(_ text: String) {
      var name = text
      var id = "#publisher"
      if text.hasSuffix(">"), let start = text.lastIndex(of: "<") {
        id = String(text[text.index(after: start)...].dropLast())
        guard Terms.isAddress(id) else { return nil }
        name = String(text[..<start])
      }
      while name.last == " " { name.removeLast() }
      guard !name.isEmpty, name.utf8.count <= 200,
        name.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
      else { return nil }
      self.id = id
      self.name = name
    }

    var entity: CanonicalJSON {
      ["@id": .string(id), "@type": "Organization", "name": .string(name), "url": .string(id)]
    }
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"):
      true
    default: false
    }
  }

  /// Whether it is an http address of the characters that RFC 3986 has.
  private static func isAddress(_ text: String) -> Bool {
    let rest = ["https://", "http://"].first(where: text.hasPrefix).map { text.dropFirst($0.count) }
    guard let rest, !rest.isEmpty, text.utf8.count <= 200 else { return false }
    return rest.utf8.allSatisfy {
      isLetterOrDigit($0) || "-._~:/?#@!$&'()*+,;=%".utf8.contains($0)
    }
  }
}
