/// Why a bundle could not be written, read or trusted.
public enum BundleError: Error, Sendable, Hashable {
  /// The file is not a bundle in its one canonical byte form. `member` is the path inside the
  /// bundle, empty if none is concerned.
  case damaged(Reason, member: String, detail: String)
  /// The bundle may be sound, but needs a format or an arithmetic that this program does not have.
  case unsupported(detail: String)
  /// The bundle may be sound, but a signature was demanded and is missing, wrong or by someone
  /// else.
  case notTrusted(detail: String)
  /// The directory is not that of a finished run.
  case notARun(path: String, detail: String)
  /// Something was asked for that the bundle does not hold.
  case noSuchMember(name: String)
  /// The file system refused; `detail` is its own message.
  case inputOutput(path: String, detail: String)
  /// An error of the bundle or run directory at `path`, where more than one may be meant.
  indirect case of(path: String, BundleError)

  /// What is wrong with a damaged bundle. The list is closed and its spelling is stable (SPEC.md,
  /// "Reasons").
  public enum Reason: String, Sendable, CaseIterable {
    case tooShort = "too-short"
    case notZstd = "not-zstd"
    case noFrame = "no-frame"
    case extraFrame = "extra-frame"
    case frameHeader = "frame-header"
    case window
    case noChecksum = "no-checksum"
    case checksum
    case size
    case ratio
    case trailingData = "trailing-data"
    case truncated
    case seal
    case seekTable = "seek-table"
    case notTar = "not-tar"
    case headerSum = "header-sum"
    case headerNumber = "header-number"
    case magic
    case type
    case metadata
    case padding
    case tarEnd = "tar-end"
    case name
    case order
    case duplicate
    case count
    case manifest
    case tagManifest = "tag-manifest"
    case bag
    case crate
    case json
    case configLimit = "config-limit"
    case trace
    case checkpoint
    case signature
    case changed
  }
}

extension BundleError {
  /// Why a bundle was refused as damaged or not trusted; nil for other errors.
  public var reason: Reason? {
    switch self {
    case .damaged(let reason, _, _): reason
    case .notTrusted: .signature
    case .of(_, let error): error.reason
    case .unsupported, .notARun, .noSuchMember, .inputOutput: nil
    }
  }

  /// The member that a bundle was refused for; nil if none is concerned.
  public var member: String? {
    switch self {
    case .damaged(_, let member, _): member.isEmpty ? nil : member
    case .of(_, let error): error.member
    case .unsupported, .notTrusted, .notARun, .noSuchMember, .inputOutput: nil
    }
  }

  /// The same error with the path that it concerns.
  package func at(_ path: String) -> BundleError {
    switch self {
    // These name their path themselves.
    case .inputOutput, .notARun, .of: self
    case .damaged, .unsupported, .notTrusted, .noSuchMember: .of(path: path, self)
    }
  }

  package static func damaged(_ reason: Reason, _ detail: String) -> BundleError {
    .damaged(reason, member: "", detail: detail)
  }
}

extension BundleError: CustomStringConvertible {
  /// One line of printable ASCII.
  public var description: String {
    let text =
      switch self {
      case .damaged(let reason, let member, let detail):
        member.isEmpty
          ? "\(reason.rawValue): \(detail)" : "\(reason.rawValue): \(member): \(detail)"
      case .unsupported(let detail): detail
      case .notTrusted(let detail): "\(Reason.signature.rawValue): \(detail)"
      case .notARun(let path, let detail): "\(path): \(detail)"
      case .noSuchMember(let name): "the bundle has no member \(name)"
      case .inputOutput(let path, let detail): "\(path): \(detail)"
      case .of(let path, let error): "\(path): \(error)"
      }
    return Self.escaped(text)
  }

  /// Text from a stranger, made safe for a terminal: everything but printable ASCII is escaped.
  private static func escaped(_ text: String) -> String {
    var line = ""
    for scalar in text.unicodeScalars {
      if (0x20...0x7e).contains(scalar.value) {
        line.unicodeScalars.append(scalar)
      } else {
        line += "\\u{\(String(scalar.value, radix: 16))}"
      }
    }
    return line
  }
}
