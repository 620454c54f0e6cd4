/// The entries of a config by dotted key, before anything is known about them, with what is needed to read a
/// `RunSpec` from them and to say what is wrong.
struct ConfigFields {
  enum Value: Hashable {
    /// YAML without quotes: a name or a number, as the key asks.
    case plain(String)
    /// Quoted in YAML, or a string in JSON.
    case text(String)
    /// A number in JSON.
    case number(Double)
    /// Something no key takes, described for people.
    case other(String)
  }

  struct Entry {
    var value: Value
    /// "file:line", or empty.
    var place: String
    /// The how-manieth entry this is.
    var order: Int
  }

  /// How the record writes what people write plainly.
  enum Form {
    /// Entries may be left out when there is a default; integers and numbers are plain.
    case yaml
    /// Every entry is present; the seed is a string, other numbers are JSON numbers.
    case canonicalJSON
  }

  let form: Form
  /// The place to name for what is not there.
  let place: String
  private(set) var entries: [String: Entry] = [:]

  init(form: Form, place: String) {
    self.form = form
    self.place = place
  }

  /// Later values replace earlier ones.
  mutating func set(_ key: String, _ value: Value, place: String) {
    entries[key] = Entry(value: value, place: place, order: entries.count)
  }
}

// MARK: Reading one entry

extension ConfigFields {
  func integer(_ key: String, in range: ClosedRange<Int>, default fallback: Int?)
    throws(RecordError) -> Int
  {
    guard let entry = try entry(key, hasDefault: fallback != nil) else { return fallback! }
    let value: Int? =
      switch entry.value {
      case .plain(let text): Self.isDecimalInteger(text) ? Int(text) : nil
      case .number(let number): number.magnitude <= 0x1p53 ? Int(exactly: number) : nil
      case .text, .other: nil
      }
    guard let value, range.contains(value) else {
      throw refusal(
        key, "must be an integer from \(range.lowerBound) to \(range.upperBound)", entry)
    }
    return value
  }

  /// - Parameter demand: What `accepts` asks, as in "must be …".
  func number(
    _ key: String, _ demand: String, default fallback: Double?, accepts: (Double) -> Bool
  ) throws(RecordError) -> Double {
    guard let entry = try entry(key, hasDefault: fallback != nil) else { return fallback! }
    let value: Double? =
      switch entry.value {
      case .plain(let text): Self.isDecimalNumber(text) ? Double(text) : nil
      case .number(let number): number
      case .text, .other: nil
      }
    guard let value, value.isFinite, accepts(value) else {
      throw refusal(key, "must be \(demand)", entry)
    }
    // One value has one spelling: there is no negative zero.
    return value == 0 ? 0 : value
  }

  func name<Name: CaseIterable>(
    _ key: String, _ spelling: (Name) -> String, default fallback: Name?
  ) throws(RecordError) -> Name {
    let names = Name.allCases.map(spelling)
    guard let entry = try entry(key, hasDefault: fallback != nil, oneOf: names) else {
      return fallback!
    }
    let found: String? =
      switch entry.value {
      case .plain(let text): form == .yaml ? text : nil
      case .text(let text): text
      case .number, .other: nil
      }
    guard let found, let name = Name.allCases.first(where: { spelling($0) == found }) else {
      let suggestion = found.flatMap { Self.nearest(to: $0, among: names) }
      throw refusal(
        key, "must be \(Self.list(names))", entry,
        hint: suggestion.map { "; did you mean \($0)?" } ?? "")
    }
    return name
  }

  /// Any unsigned 64-bit integer; the record has it as a string, since JSON's numbers end at 2^53.
  func seed(_ key: String, default fallback: UInt64?) throws(RecordError) -> UInt64 {
    guard let entry = try entry(key, hasDefault: fallback != nil) else { return fallback! }
    let text: String? =
      switch (form, entry.value) {
      // YAML has it either way, so that a record can be read as YAML.
      case (.yaml, .plain(let text)), (_, .text(let text)): text
      default: nil
      }
    guard let text, Self.isDecimalInteger(text), let value = UInt64(text) else {
      let demand =
        form == .yaml
        ? "must be an integer from 0 to \(UInt64.max)"
        : "must be a string of the decimal digits of an integer from 0 to \(UInt64.max)"
      throw refusal(key, demand, entry)
    }
    return value
  }

  private func entry(_ key: String, hasDefault: Bool, oneOf names: [String] = [])
    throws(RecordError) -> Entry?
  {
    if let entry = entries[key] { return entry }
    if hasDefault && form == .yaml { return nil }
    throw .config(
      place: place, key: key,
      reason: "is missing" + (names.isEmpty ? "" : "; it is \(Self.list(names))"))
  }

  private func refusal(_ key: String, _ demand: String, _ entry: Entry, hint: String = "")
    -> RecordError
  {
    .config(place: entry.place, key: key, reason: "\(demand), not \(entry.value)\(hint)")
  }

  /// Refuses an entry for a reason that involves others too.
  func refuse(_ key: String, _ reason: String) -> RecordError {
    .config(place: entries[key]?.place ?? place, key: key, reason: reason)
  }
}

// MARK: Unknown keys

extension ConfigFields {
  /// Refuses the first entry whose key is not in `known`.
  func refuseKeys(notIn known: [String]) throws(RecordError) {
    let sections = Set(known.filter { $0.contains(".") }.map { String($0.prefix { $0 != "." }) })
    let unknown = entries.filter { key, entry in
      !known.contains(key) && !(sections.contains(key) && entry.value == .other("an empty section"))
    }
    guard let (key, entry) = unknown.min(by: { $0.value.order < $1.value.order }) else { return }
    if sections.contains(key) {
      throw .config(
        place: entry.place, key: key, reason: "must be a section of keys, not \(entry.value)")
    }
    let suggestion = Self.nearest(to: key, among: known) ?? Self.sameLastPart(as: key, among: known)
    throw .config(
      place: entry.place, key: key,
      reason: "unknown key" + (suggestion.map { "; did you mean \($0)?" } ?? ""))
  }

  /// The closest of `names` within a third of its length in edits; ties go to the first.
  static func nearest(to text: String, among names: [String]) -> String? {
    let candidates = names.map { (name: $0, distance: editDistance(text.lowercased(), $0)) }
    guard let best = candidates.min(by: { $0.distance < $1.distance }),
      best.distance <= max(1, best.name.count / 3)
    else { return nil }
    return best.name
  }

  private static func sameLastPart(as key: String, among known: [String]) -> String? {
    guard let last = key.split(separator: ".").last.map(String.init) else { return nil }
    func lastPart(_ name: String) -> String { String(name.split(separator: ".").last ?? "") }
    guard let part = nearest(to: last, among: known.map(lastPart)) else { return nil }
    return known.first { lastPart($0) == part }
  }

  /// Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`.
  static func editDistance(_ a: String, _ b: String) -> Int {
    // Keys longer than any of ours are never close to one.
    let a = Array(a.utf8.prefix(64))
    let b = Array(b.utf8.prefix(64))
    var rows = [Array(0...b.count)]
    for i in 1...(a.count + 1) where i <= a.count {
      var row = [i]
      for j in 1...(b.count + 1) where j <= b.count {
        let cost = a[i - 1] == b[j - 1] ? 0 : 1
        var best = min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + cost)
        if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
          best = min(best, rows[i - 2][j - 2] + 1)
        }
        row.append(best)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}

// MARK: Spellings

extension ConfigFields {
  /// Plain decimal digits: no sign but a minus, no leading zero, no `1e3`, `1_000`, `0x10`, `1.0`.
  static func isDecimalInteger(_ text: String) -> Bool {
    let digits = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
    guard let first = digits.first, digits.allSatisfy(isDigit) else { return false }
    return first != UInt8(ascii: "0") || text == "0"
  }

  /// The number grammar of JSON (RFC 8259 §6).
  static func isDecimalNumber(_ text: String) -> Bool {
    var rest = text.utf8[...]
    func takeDigits() -> Int {
      let count = rest.prefix(while: isDigit).count
      rest = rest.dropFirst(count)
      return count
    }
    if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    let leadingZero = rest.first == UInt8(ascii: "0")
    let whole = takeDigits()
    guard whole > 0, !leadingZero || whole == 1 else { return false }
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      guard takeDigits() > 0 else { return false }
    }
    if let mark = rest.first, mark | 0x20 == UInt8(ascii: "e") {
      rest = rest.dropFirst()
      if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
        rest = rest.dropFirst()
      }
      guard takeDigits() > 0 else { return false }
    }
    return rest.isEmpty
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  /// "a", "a or b", "a, b or c".
  static func list(_ names: [String]) -> String {
    guard let last = names.last, names.count > 1 else { return names.first ?? "" }
    return names.dropLast().joined(separator: ", ") + " or " + last
  }
}

extension ConfigFields.Value: CustomStringConvertible {
  /// The value as an error message shows it.
  var description: String {
    switch self {
    case .plain(""): "nothing"
    case .plain(let text): Self.shortened(text)
    case .text(let text): "\"\(Self.shortened(text))\""
    case .number(let value): shortestDecimal(value)
    case .other(let kind): kind
    }
  }

  private static func shortened(_ text: String) -> String {
    text.count <= 60 ? text : text.prefix(57) + "..."
  }
}
