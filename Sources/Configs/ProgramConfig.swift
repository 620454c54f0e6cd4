public import RunRecords

/// A program's config: YAML as people write it, JSON as the record has it.
///
/// Scalars are those of YAML 1.2's core schema, so `yes`, `on` and `12:30` are texts. Lists and
/// mappings may nest. Anchors, aliases, merge keys and tags are refused. JSON is YAML, too.
public enum ProgramConfig {
  public static let largestSize = 1 << 20

  /// The config in a file; an object without keys if the file has only comments.
  ///
  /// - Parameter file: The file's name, for errors.
  public static func json(yaml text: String, file: String) throws(RecordError) -> CanonicalJSON {
    guard text.utf8.count <= largestSize else {
      throw .config(place: file, key: "", reason: "a config has at most \(largestSize) bytes")
    }
    guard let tree = try YAMLTree.read(text, file: file) else { return [:] }
    guard case .mapping = tree.content else {
      throw .config(
        place: tree.place, key: "",
        reason: "a config has to consist of keys and values, e.g. seed: 42\(tree.oddSpaceHint)")
    }
    return try json(of: tree, key: "")
  }

  /// The value of a part of a YAML file.
  ///
  /// - Parameter key: Where it stands, for errors.
  package static func json(of tree: YAMLTree, key: String) throws(RecordError) -> CanonicalJSON {
    switch tree.content {
    case .text(let text): return .string(text)
    case .plain(let text): return try scalar(text, place: tree.place, key: key)
    case .list(let items):
      var values: [CanonicalJSON] = []
      for item in items { values.append(try json(of: item, key: key)) }
      return .array(values)
    case .mapping(let members):
      var values: [CanonicalJSON.Key: CanonicalJSON] = [:]
      for member in members {
        let path = key.isEmpty ? member.key : key + "." + member.key
        values[CanonicalJSON.Key(member.key)] = try json(of: member.value, key: path)
      }
      return .object(values)
    }
  }

  /// What a scalar without quotes means in YAML 1.2's core schema.
  ///
  /// - Throws: `RecordError.config` for integers beyond 2^53 and for numbers that are no binary64,
  ///   as JSON would lose them.
  public static func scalar(_ text: String, place: String, key: String)
    throws(RecordError) -> CanonicalJSON
  {
    func refusal(_ reason: String) -> RecordError {
      .config(place: place, key: key, reason: "\(text) \(reason); in quotes it is a text")
    }
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE": return true
    case "false", "False", "FALSE": return false
    case ".nan", ".NaN", ".NAN": throw refusal("is no number that JSON has")
    default: break
    }
    let unsigned = text.drop { $0 == "+" || $0 == "-" }
    guard text.utf8.count - unsigned.utf8.count <= 1 else { return .string(text) }
    let isNegative = text.utf8.first == UInt8(ascii: "-")
    switch unsigned {
    case ".inf", ".Inf", ".INF": throw refusal("is no number that JSON has")
    default: break
    }
    if let (digits, radix) = integer(unsigned, isSigned: unsigned.utf8.count < text.utf8.count) {
      guard let value = Int(digits, radix: radix), value <= 1 << 53 else {
        throw refusal("is an integer beyond 2^53")
      }
      return CanonicalJSON(isNegative ? -value : value)
    }
    guard isNumber(unsigned) else { return .string(text) }
    guard let value = TraceTable.Values.number(withoutZeros(unsigned)), value.isFinite else {
      throw refusal("is beyond the numbers of binary64")
    }
    let mantissa = unsigned.prefix { $0 != "e" && $0 != "E" }
    guard value != 0 || mantissa.allSatisfy({ $0 == "0" || $0 == "." }) else {
      throw refusal("is closer to 0 than a binary64 can be")
    }
    // A record has one zero.
    return .number(value == 0 ? 0 : isNegative ? -value : value)
  }

  /// The digits of an integer and their base; 0o and 0x take no sign.
  private static func integer(_ text: Substring, isSigned: Bool) -> (Substring, radix: Int)? {
    for (prefix, radix) in [("0o", 8), ("0x", 16)] where text.hasPrefix(prefix) && !isSigned {
      let digits = text.dropFirst(2)
      let isInteger = !digits.isEmpty && digits.allSatisfy { isDigit($0, radix: radix) }
      return isInteger ? (digits, radix) : nil
    }
    return !text.isEmpty && text.allSatisfy { isDigit($0, radix: 10) } ? (text, 10) : nil
  }

  private static func isDigit(_ character: Character, radix: Int) -> Bool {
    character.isASCII && character.hexDigitValue.map { $0 < radix } ?? false
  }

  /// `(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`; integers have been read before.
  private static func isNumber(_ text: Substring) -> Bool {
    var rest = text
    func takeDigits() -> Int {
      let digits = rest.prefix { isDigit($0, radix: 10) }
      rest = rest.dropFirst(digits.count)
      return digits.count
    }
    let whole = takeDigits()
    if rest.first == "." {
      rest = rest.dropFirst()
      guard takeDigits() > 0 || whole > 0 else { return false }
    } else if whole == 0 {
      return false
    }
    guard let mark = rest.first else { return true }
    guard mark == "e" || mark == "E" else { return false }
    rest = rest.dropFirst()
    if rest.first == "+" || rest.first == "-" { rest = rest.dropFirst() }
    return takeDigits() > 0 && rest.isEmpty
  }

  /// The number without leading zeros, which YAML allows and JSON does not.
  private static func withoutZeros(_ text: Substring) -> String {
    let rest = text.drop { $0 == "0" }
    return (rest.first.map { $0.isASCII && $0.isNumber } ?? false ? "" : "0") + rest
  }
}
