import Archive
import BundleChecks
import RunRecords

/// What a bundle's metadata say about its publisher and its licence; no part of a result.
public struct Terms: Sendable, Hashable {
  public let license: License?
  public let publisher: Publisher?

  /// States nothing.
  public init() { (license, publisher) = (nil, nil) }

  /// - Throws: `Fault` if one of them is not valid, or if the crate could not tell it from the
  ///   other one or from its own entities.
  public init(license: String?, publisher: String?) throws(Fault) {
    self.license = if let license { try License(license) } else { nil }
    self.publisher = if let publisher { try Publisher(publisher) } else { nil }
    let ids = [self.license?.id, self.publisher?.id].compactMap(\.self)
    if let own = ids.first(where: Crate.ids.contains) {
      throw Fault(description: "\(own): the bundle's metadata use this address themselves")
    }
    if ids.count == 2 && ids[0] == ids[1] {
      throw Fault(description: "\(ids[0]): it is given as the licence and as the publisher")
    }
  }

  /// These terms; where they state nothing, what a bundle stated before is used.
  func completed(by before: Performance) throws(BundleError) -> Terms {
    do throws(Fault) {
      return try Terms(
        license: license?.text ?? before.license, publisher: publisher?.text ?? before.publisher)
    } catch {
      throw .unsupported(
        detail: "what it states of its licence or publisher cannot be stated today: \(error); give "
          + "another with --license or --publisher")
    }
  }

  /// The licence that an entity of a crate states, in the form in which a user gives it; nil if the
  /// entity says that none is stated.
  static func statedLicense(_ entity: CanonicalJSON?) -> String? {
    entity?["description"] == nil ? entity?["name"]?.stringValue : nil
  }

  /// The same for a publisher.
  static func statedPublisher(_ entity: CanonicalJSON?) -> String? {
    guard let name = entity?["name"]?.stringValue, name != unstatedPublisher else { return nil }
    guard let id = entity?["@id"]?.stringValue, isAddress(id) else { return name }
    return "\(name) <\(id)>"
  }

  /// The publisher's name where none is stated.
  static let unstatedPublisher = "The users of regrok"

  /// Why a licence or a publisher cannot be stated.
  public struct Fault: Error, Hashable, CustomStringConvertible {
    public let description: String
  }

  /// An organization by its name, and by its address if it is given as "Name <https://…>".
  public struct Publisher: Sendable, Hashable {
    let id: String
    private let name: String
    /// The form in which it was given.
    var text: String { Terms.isAddress(id) ? "\(name) <\(id)>" : name }

    /// - Throws: `Fault` if the name is empty, longer than 200 bytes, or has control characters,
    ///   which a terminal could obey; also if the address is not one.
    public init(_ text: String) throws(Fault) {
      let fault = Fault(description: "\(text): not a name, or not one with an http address")
      var name = text
      var id = "#publisher"
      if text.hasSuffix(">"), let start = text.lastIndex(of: "<") {
        id = String(text[text.index(after: start)...].dropLast())
        guard Terms.isAddress(id) else { throw fault }
        name = String(text[..<start])
      }
      while name.last == " " { name.removeLast() }
      guard !name.isEmpty, name.utf8.count <= 200,
        name.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
      else { throw fault }
      self.id = id
      self.name = name
    }

    var entity: CanonicalJSON {
      ["@id": .string(id), "@type": "Organization", "name": .string(name), "url": .string(id)]
    }
  }

  static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"):
      true
    default: false
    }
  }

  /// Whether it is an http or https address, of at most 200 bytes, with only the characters that
  /// RFC 3986 allows.
  static func isAddress(_ text: String) -> Bool {
    let rest = ["https://", "http://"].first(where: text.hasPrefix).map { text.dropFirst($0.count) }
    guard let rest, !rest.isEmpty, text.utf8.count <= 200 else { return false }
    return rest.utf8.allSatisfy {
      isLetterOrDigit($0) || "-._~:/?#@!$&'()*+,;=%".utf8.contains($0)
    }
  }
}
