internal import Catalogue

/// The entries of a config by dotted key, before they are checked, and what is needed to read a
/// `RunSpec` from them and to report errors.
package struct ConfigFields {
  package enum Value: Hashable {
    /// YAML without quotes: a name or a number, depending on the key.
    case plain(String)
    /// Quoted in YAML, or a string in JSON.
    case text(String)
    /// A number in JSON.
    case number(Double)
    case list([Value])
    /// Something that no key accepts, described for people.
    case other(String)
  }

  package struct Entry {
    var value: Value
    /// "file:line", or empty.
    var place: String
    /// How many entries were set before it.
    var order: Int
  }

  /// The form in which a config is written.
  package enum Form {
    /// Entries that have a default may be left out. Integers and numbers are plain.
    case yaml
    /// Every entry is present; the seed is a string, other numbers are JSON numbers.
    case canonicalJSON
  }

  let form: Form
  /// The place to name in an error about a missing entry.
  let place: String
  private(set) var entries: [String: Entry] = [:]
  /// The items of `at`. Each has its own keys.
  private(set) var items: [ConfigFields] = []
  /// The prefix of a key in messages.
  private var prefix = ""

  package init(form: Form, place: String) {
    self.form = form
    self.place = place
  }

  /// Later values replace earlier ones.
  package mutating func set(_ key: String, _ value: Value, place: String) {
    entries[key] = Entry(value: value, place: place, order: entries.count)
  }

  /// The next item of `at`, still without keys.
  package func newItem(place: String) -> ConfigFields {
    var item = ConfigFields(form: form, place: place)
    item.prefix = "\(RunSpec.interventionsKey)[\(items.count)]."
    return item
  }

  /// The key as messages show it.
  private func named(_ key: String) -> String {
    key.isEmpty ? String(prefix.dropLast()) : prefix + key
  }

  package mutating func add(_ item: ConfigFields) { items.append(item) }
}

// MARK: Reading one entry

extension ConfigFields {
  func integer(_ key: String, in range: ClosedRange<Int>, default fallback: Int?)
    throws(RecordError) -> Int
  {
    guard let entry = entries[key] else { return try absent(key, default: fallback) }
    let value: Int? =
      switch entry.value {
      case .plain(let text): Self.isDecimalInteger(text) ? Int(text) : nil
      case .number(let number): number.magnitude <= 0x1p53 ? Int(exactly: number) : nil
      case .text, .list, .other: nil
      }
    #if _pointerBitWidth(_32)
      // The one number that is allowed but does not fit here.
      if value == nil, range.upperBound == .max, case .number(0x1p31) = entry.value {
        throw .unknownConfig(key: key, reason: "is 2147483648, which this program cannot count to")
      }
    #endif
    guard let value, range.contains(value) else {
      throw refusal(
        key, "must be an integer from \(range.lowerBound) to \(range.upperBound)", entry)
    }
    return value
  }

  /// - Parameter demand: What `accepts` requires, to follow "must be".
  func number(
    _ key: String, _ demand: String, default fallback: Double?, accepts: (Double) -> Bool
  ) throws(RecordError) -> Double {
    guard let entry = entries[key] else { return try absent(key, default: fallback) }
    let value: Double? =
      switch entry.value {
      case .plain(let text): Self.isDecimalNumber(text) ? Double(text) : nil
      case .number(let number): number
      case .text, .list, .other: nil
      }
    if case .plain(let text) = entry.value, value == 0, Self.hasDigitAboveZero(text) {
      throw refusal(
        key, "must be a number of binary64, of which the smallest above 0 is 5e-324", entry)
    }
    if value == .infinity {
      throw refusal(
        key, "must be a number of binary64, of which the largest is 1.7976931348623157e308", entry)
    }
    guard let value, value.isFinite, accepts(value) else {
      throw refusal(key, "must be \(demand)", entry, hint: Self.rounding(of: entry.value))
    }
    // Each value has one spelling: there is no negative zero.
    return value == 0 ? 0 : value
  }

  /// What a number becomes that has more digits than binary64: it may round to a bound.
  private static func rounding(of value: Value) -> String {
    guard case .plain(let text) = value, text.utf8.count > 17, isDecimalNumber(text),
      let number = Double(text)
    else { return "" }
    return ", which rounds to \(shortestDecimal(number))"
  }

  func name<Name: CaseIterable>(
    _ key: String, _ spelling: (Name) -> String, default fallback: Name?
  ) throws(RecordError) -> Name {
    let names = Name.allCases.map(spelling)
    guard let entry = entries[key] else {
      return try absent(key, default: fallback, oneOf: names)
    }
    let found: String? =
      switch entry.value {
      case .plain(let text): form == .yaml ? text : nil
      case .text(let text): text
      case .number, .list, .other: nil
      }
    guard let found, let name = Name.allCases.first(where: { spelling($0) == found }) else {
      if form == .canonicalJSON, let found {
        throw .unknownConfig(key: named(key), reason: "it is \(Value.text(found))")
      }
      let suggestion = found.flatMap { Self.nearest(to: $0, among: names) }
      throw refusal(
        key, "must be \(Self.list(names))", entry,
        hint: suggestion.map { "; did you mean \($0)?" } ?? "")
    }
    return name
  }

  /// Some of the names, each once. People may give them in any order, separated by commas.
  func names<Name: FieldName>(_ key: String) throws(RecordError) -> [Name] {
    guard let entry = entries[key] else { return [] }
    let all = Name.allCases.map { $0.rawValue }
    func refusal(_ demand: String, _ value: Value) -> RecordError {
      .config(place: entry.place, key: named(key), reason: "must be \(demand), not \(value)")
    }
    let values: [Value]
    switch (form, entry.value) {
    case (_, .list(let items)): values = items
    case (.yaml, .plain(let text)), (.yaml, .text(let text)):
      values = text.split(separator: ",", omittingEmptySubsequences: false).map {
        .plain(String($0))
      }
    case (.canonicalJSON, .plain), (.canonicalJSON, .text), (_, .number), (_, .other):
      throw refusal("a list of names", entry.value)
    }
    var found: Set<String> = []
    for value in values {
      let text: String? =
        switch value {
        case .plain(let text): form == .yaml ? text : nil
        case .text(let text): text
        case .number, .list, .other: nil
        }
      guard let text, all.contains(text) else {
        if form == .canonicalJSON, let text {
          throw .unknownConfig(key: named(key), reason: "it has \(Value.text(text))")
        }
        let near = text.flatMap { Self.nearest(to: $0, among: all) }
        throw refusal(
          "some of \(Self.list(all))\(near.map { " (did you mean \($0)?)" } ?? "")", value)
      }
      guard found.insert(text).inserted else {
        throw .config(place: entry.place, key: named(key), reason: "has \(text) twice")
      }
    }
    guard !found.isEmpty else { throw refusal("a list of names", .plain("")) }
    return Name.allCases.filter { found.contains($0.rawValue) }
  }

  /// Any unsigned 64-bit integer. The record holds it as a string, since JSON's numbers end at
  /// 2^53.
  func seed(_ key: String, default fallback: UInt64?) throws(RecordError) -> UInt64 {
    guard let entry = entries[key] else { return try absent(key, default: fallback) }
    let text: String? =
      switch (form, entry.value) {
      // YAML may have either form, so that a record can be read as YAML.
      case (.yaml, .plain(let text)), (.yaml, .text(let text)): text
      case (.canonicalJSON, .text(let text)): text
      case (.canonicalJSON, .plain), (_, .number), (_, .list), (_, .other): nil
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

  /// The value of a key that is missing: its default, if it has one.
  private func absent<Value>(
    _ key: String, default fallback: Value?, oneOf names: [String] = []
  ) throws(RecordError) -> Value {
    switch form {
    case .yaml: if let fallback { return fallback }
    case .canonicalJSON: break
    }
    if key.hasSuffix(".name"), let section = entries[String(key.dropLast(5))],
      section.value != .other("an empty section")
    {
      throw refuseSection(String(key.dropLast(5)), section)
    }
    throw .config(
      place: place, key: named(key),
      reason: "is missing" + (names.isEmpty ? "" : "; it is \(Self.list(names))"))
  }

  private func refusal(_ key: String, _ demand: String, _ entry: Entry, hint: String = "")
    -> RecordError
  {
    .config(place: entry.place, key: named(key), reason: "\(demand), not \(entry.value)\(hint)")
  }

  /// Refuses an entry for a reason that also involves other entries.
  package func refuse(_ key: String, _ reason: String) -> RecordError {
    .config(place: entries[key]?.place ?? place, key: named(key), reason: reason)
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
      throw refuseSection(key, entry, hasName: known.contains(key + ".name"))
    }
    if form == .canonicalJSON {
      throw .unknownConfig(key: named(key.showingOddSpaces), reason: "unknown key")
    }
    let isOfHydra = Self.hydraKeys.contains { key == $0 || key.hasSuffix("." + $0) }
    let hint =
      Self.suggestion(for: key, among: known).map { "; did you mean \($0)?" }
      ?? (isOfHydra
        ? "; configs of Hydra are not read (regrok help configs)"
        : Self.isDecimalNumber(String(key.split(separator: ".").last ?? ""))
          ? "; inside { } a comma begins the next key" : "; `regrok help configs` lists the keys")
    throw .config(
      place: entry.place, key: named(key.showingOddSpaces), reason: "unknown key" + hint)
  }

  /// Refuses a value where a section belongs.
  private func refuseSection(_ key: String, _ entry: Entry, hasName: Bool = true) -> RecordError {
    .config(
      place: entry.place, key: named(key),
      reason: "must be a section of keys, not \(entry.value)"
        + (hasName ? "; the name is \(key).name" : ""))
  }

  /// Keys of Hydra that this program does not have.
  private static let hydraKeys = ["defaults", "hydra", "_target_"]

  /// What other programs and the papers call a key.
  package static let otherNames = [
    "batch_size": "batch", "steps": "max_steps", "num_steps": "max_steps", "epochs": "max_steps",
    "p": "task.modulus", "prime": "task.modulus", "n": "task.degree", "dim": "model.width",
    "d_model": "model.width", "hidden": "model.width", "hidden_size": "model.width",
    "n_layers": "model.layers", "n_heads": "model.heads", "wdecay": "optimizer.weight_decay",
    "lr": "optimizer.learning_rate", "eta": "optimizer.learning_rate",
    "wd": "optimizer.weight_decay", "lambda": "optimizer.weight_decay",
    "optim": "optimizer.name", "tau": "loss.temperature",
  ]

  /// The known key that was probably meant. Only the last parts of keys are compared: first with
  /// the keys of the same section, then with all keys.
  static func suggestion(for key: String, among known: [String]) -> String? {
    func lastPart(_ key: String) -> String { String(key.split(separator: ".").last ?? "") }
    if let name = otherNames[lastPart(key)], known.contains(name) { return name }
    func section(_ key: String) -> String { String(key.prefix(key.count - lastPart(key).count)) }
    let own = known.filter { section($0) == section(key) }
    for candidates in [own, known] {
      if let part = nearest(to: lastPart(key), among: candidates.map(lastPart)) {
        return candidates.first { lastPart($0) == part }
      }
    }
    return nil
  }

  /// The closest of `names` within a third of its length in edits, or within one edit; ties go to
  /// the first. A text of two letters or more may also be the initials of a name, as "lr" for
  /// "learning_rate".
  static func nearest(to text: String, among names: [String]) -> String? {
    let text = text.lowercased()
    func initials(_ name: String) -> String {
      String(name.split(separator: "_").compactMap { $0.first })
    }
    if text.count > 1, let name = names.first(where: { initials($0) == text }) { return name }
    let candidates = names.filter { !$0.isEmpty }
      .map { (name: $0, distance: editDistance(text, $0)) }
    guard let best = candidates.min(by: { $0.distance < $1.distance }),
      best.distance <= max(1, best.name.count / 3)
    else { return nil }
    return best.name
  }

  /// The number of insertions, deletions, substitutions and swaps of neighbours that turn `a` into
  /// `b`.
  static func editDistance(_ a: String, _ b: String) -> Int {
    // A key longer than all known ones is never close to one.
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
  package static func isDecimalInteger(_ text: String) -> Bool {
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

  /// Whether a number in JSON's spelling is other than 0.
  private static func hasDigitAboveZero(_ text: String) -> Bool {
    text.utf8.prefix { $0 | 0x20 != UInt8(ascii: "e") }
      .contains { isDigit($0) && $0 != UInt8(ascii: "0") }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  /// "a", "a or b", "a, b or c".
  package static func list(_ names: [String]) -> String {
    guard let last = names.last, names.count > 1 else { return names.first ?? "" }
    return names.dropLast().joined(separator: ", ") + " or " + last
  }
}

extension ConfigFields.Value: CustomStringConvertible {
  /// Advice for a text that may have been meant as several values, or as a reference to another
  /// name; else empty.
  private static func advice(on text: String) -> String {
    if text.hasPrefix("${") { return "; nothing is put in for names here" }
    let parts = text.split { $0 == "," || $0 == "." || $0 == " " }
    let areMany = parts.count > 1 && parts.allSatisfy { ConfigFields.isDecimalInteger(String($0)) }
    return areMany && !ConfigFields.isDecimalNumber(text)
      ? "; many values are a list in a plan, as [1, 2, 3], and ranges are for seeds" : ""
  }

  /// The value as an error message shows it.
  package var description: String {
    switch self {
    case .plain(""): "nothing"
    case .plain(let text):
      Self.shortened(text.showingOddSpaces)
        + (text.oddSpace.map { ", which has \($0)" } ?? Self.advice(on: text))
    case .text(let text): "\"\(Self.shortened(text))\"\(Self.advice(on: text))"
    case .number(let value): shortestDecimal(value)
    case .list: "a list"
    case .other(let kind): kind
    }
  }

  private static func shortened(_ text: String) -> String {
    text.count <= 60 ? text : text.prefix(57) + "..."
  }
}
