/// The two tag files that make the tree a BagIt 1.0 bag (RFC 8493), in the one form a bundle has.
package enum Bag {
  /// `bagit.txt`.
  package static let declaration = Array(
    "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n".utf8)

  /// `bag-info.txt`.
  package struct Info: Sendable, Hashable {
    /// The bundle formats that this program knows.
    package static let knownFormats = 1...2

    /// The program that wrote the bundle.
    package var agent: String
    /// The day the run ended, as YYYY-MM-DD. The bytes therefore do not depend on the day of
    /// packing.
    package var date: String
    package var externalIdentifier: String
    /// Bytes of all files under `data/`.
    package var payloadBytes: Int
    package var payloadFiles: Int
    /// The version of the bundle's format, which decides its members.
    package var format: Int

    package init(
      agent: String, date: String, externalIdentifier: String, payloadBytes: Int,
      payloadFiles: Int, format: Int
    ) {
      self.agent = agent
      self.date = date
      self.externalIdentifier = externalIdentifier
      self.payloadBytes = payloadBytes
      self.payloadFiles = payloadFiles
      self.format = format
    }

    package var bytes: [UInt8] {
      Array(
        """
        Bag-Software-Agent: \(agent)
        Bagging-Date: \(date)
        External-Identifier: \(externalIdentifier)
        Payload-Oxum: \(payloadBytes).\(payloadFiles)
        \(Info.formatLabel): \(format)

        """.utf8)
    }

    private static let formatLabel = "Regrok-Bundle-Format"
  }
}

extension Bag.Info {
  /// Reads what `bytes` could have written.
  package init(bytes: [UInt8]) throws(BundleError) {
    func damaged(_ detail: String) -> BundleError {
      .damaged(.bag, member: "bag-info.txt", detail: detail)
    }
    var fields: [String: String] = [:]
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")),
        line.dropFirst(colon - line.startIndex + 1).first == UInt8(ascii: " "),
        line.allSatisfy({ (0x20..<0x7f).contains($0) })
      else { throw damaged("a line is not \"label: value\" of printable ASCII") }
      fields[String(decoding: line[..<colon], as: UTF8.self)] = String(
        decoding: line[(colon + 2)...], as: UTF8.self)
    }
    guard let format = fields[Self.formatLabel].flatMap(Self.formatNumber) else {
      throw damaged("it does not say its \(Self.formatLabel)")
    }
    // What else the file of a later format holds is not checked.
    guard Self.knownFormats.contains(format) else {
      let known = Self.knownFormats.map(String.init).joined(separator: " and ")
      throw .unsupported(
        detail: "the bundle is of format \(format), this program knows \(known)")
    }
    let oxum = (fields["Payload-Oxum"] ?? "").split(separator: ".").map { Int($0) ?? -1 }
    guard oxum.count == 2 else {
      throw damaged("its Payload-Oxum is not \"bytes.files\"")
    }
    self.init(
      agent: fields["Bag-Software-Agent"] ?? "", date: fields["Bagging-Date"] ?? "",
      externalIdentifier: fields["External-Identifier"] ?? "", payloadBytes: oxum[0],
      payloadFiles: oxum[1],
      format: format)
    guard self.bytes == bytes, !agent.isEmpty, Self.isDate(date) else {
      throw damaged("it is not of the form that the format asks")
    }
  }

  /// A version of the format: at most 18 decimal digits, the first of them not 0. Nil for anything
  /// else.
  private static func formatNumber(_ text: String) -> Int? {
    guard text.utf8.count <= 18, let number = Int(text), number > 0, String(number) == text else {
      return nil
    }
    return number
  }

  /// Whether `text` has the form YYYY-MM-DD, with a month and a day that exist in some year.
  package static func isDate(_ text: String) -> Bool {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.map({ $0.utf8.count }) == [4, 2, 2],
      parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
      let month = Int(parts[1]), let day = Int(parts[2])
    else { return false }
    return (1...12).contains(month) && (1...31).contains(day)
  }
}
