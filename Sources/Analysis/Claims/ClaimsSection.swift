internal import Configs
internal import RunRecords

/// A mapping in a file of claims. Text and numbers may stand in quotes; expressions may use the
/// file's definitions.
struct ClaimsSection {
  let section: YAMLSection
  let parser: ExpressionParser

  init(_ tree: YAMLTree, _ name: String, keys: [String], _ parser: ExpressionParser)
    throws(RecordError)
  {
    section = try YAMLSection(tree, name: name, keys: keys) { key in
      Spelling.nearest(to: key, among: keys).map { "; did you mean \($0)?" } ?? ""
    }
    self.parser = parser
  }

  subscript(key: String) -> YAMLTree? { section[key] }

  func refusal(_ key: String, _ demand: String) -> RecordError { section.refusal(key, demand) }

  /// Nil if the key is missing.
  func text(_ key: String) throws(RecordError) -> String? {
    guard section[key] != nil else { return nil }
    let text = try section.text(key)
    try refuseControl(in: text, key)
    return text
  }

  private func refuseControl(in text: String, _ key: String, at place: String? = nil)
    throws(RecordError)
  {
    for scalar in text.unicodeScalars where scalar != "\n" && scalar != "\t" {
      guard scalar.properties.generalCategory != .control else {
        throw section.refusal(key, "has a control character", at: place)
      }
    }
  }

  /// A text that names something: short, as tables have it in each of their lines.
  func title(_ key: String) throws(RecordError) -> String? {
    guard let text = try text(key) else { return nil }
    guard text.utf8.count <= 1000 else { throw refusal(key, "has more than 1000 bytes") }
    return text
  }

  /// The name of a file in one folder; nil if the key is missing.
  func name(_ key: String) throws(RecordError) -> String? {
    guard let text = try text(key) else { return nil }
    guard !text.isEmpty, !text.utf8.contains(UInt8(ascii: "/")), text != ".", text != ".." else {
      throw refusal(key, "must be the name of a file, without a folder, not \(text.prefix(40))")
    }
    return text
  }

  func number(_ key: String) throws(RecordError) -> Double? {
    guard let text = try text(key) else { return nil }
    guard let value = Quantity.Printed(text)?.value else {
      throw refusal(key, "must be a number, not \(text.prefix(40))")
    }
    return value
  }

  func integer(_ key: String, in range: ClosedRange<Int>) throws(RecordError) -> Int? {
    try section.integer(key, in: range)
  }

  func choice<Choice: RawRepresentable & CaseIterable>(
    _ key: String, of type: Choice.Type
  ) throws(RecordError) -> Choice? where Choice.RawValue == String {
    guard let text = try text(key) else { return nil }
    guard let choice = Choice(rawValue: text) else {
      let known = Choice.allCases.map(\.rawValue)
      throw refusal(
        key, "must be one of \(known.joined(separator: ", ")), not \(text.prefix(40))")
    }
    return choice
  }

  /// The text, or the list of texts, under a key; empty if the key is missing.
  func texts(_ key: String) throws(RecordError) -> [String] {
    guard let tree = section[key] else { return [] }
    var texts: [String] = []
    for item in tree.items {
      guard let text = item.scalar, !text.isEmpty else {
        throw section.refusal(key, "must be text, or a list of texts", at: item.place)
      }
      try refuseControl(in: text, key, at: item.place)
      texts.append(text)
    }
    return texts
  }

  /// - Parameters:
  ///   - overRows: Whether columns of rows or spectra may stand outside an aggregate.
  ///   - isJoining: Whether there is a run that `joined` can ask for.
  func expression(
    _ key: String, _ wanted: ExpressionParser.Wanted, overRows: Bool = false,
    isJoining: Bool = false
  ) throws(RecordError) -> Expression? {
    guard let text = try text(key) else { return nil }
    do throws(ExpressionError) {
      let expression = try parser.expression(text, wanted)
      if !overRows, let objection = expression.objectionAsRunValue { throw objection }
      if !isJoining && expression.usesJoinedRun {
        throw ExpressionError(
          reason: "joined stands in the statistic or in by of a quantity that has join")
      }
      return expression
    } catch {
      throw refusal(key, "\"\(text.prefix(80))\": \(error.reason)")
    }
  }

  func required<T>(_ key: String, _ value: T?) throws(RecordError) -> T {
    guard let value else { throw refusal(key, "is missing") }
    return value
  }
}

extension YAMLTree {
  /// The items of a list; for anything else, the tree itself.
  var items: [YAMLTree] { if case .list(let items) = content { items } else { [self] } }
}

// MARK: Repetition

extension YAMLTree {
  /// The most repetitions of one entry.
  static let mostRepetitions = 200
  /// The most bytes of all repetitions in a file.
  static let mostRepeated = 8 << 20
  /// The bytes that are counted for a value beside its text.
  private static let overhead = 100

  /// One entry for each place in the lists under `each`, with {name} in its texts replaced by the
  /// value at that place. Braces inside a value are not replaced again. An entry without `each`
  /// gives itself.
  ///
  /// - Parameter size: The bytes of all repetitions of the file so far; it grows.
  func repeated(_ name: String, size: inout Int) throws(RecordError) -> [YAMLTree] {
    guard case .mapping(let members) = content,
      let each = members.first(where: { $0.key == "each" })
    else { return [self] }
    func refusal(_ reason: String) -> RecordError {
      .config(place: each.place, key: name + ".each", reason: reason)
    }
    guard case .mapping(let lists) = each.value.content, !lists.isEmpty else {
      throw refusal("must be a mapping of names to lists")
    }
    var values: [(name: String, texts: [String])] = []
    for list in lists {
      guard case .list(let items) = list.value.content, !items.isEmpty,
        items.count <= Self.mostRepetitions
      else { throw refusal("\(list.key) must be a list of 1 to \(Self.mostRepetitions) values") }
      let texts = items.compactMap(\.scalar)
      guard texts.count == items.count else {
        throw refusal("\(list.key) has a value that is no text")
      }
      values.append((list.key, texts))
    }
    let count = values[0].texts.count
    if let other = values.first(where: { $0.texts.count != count }) {
      throw refusal(
        "\(values[0].name) has \(count) values and \(other.name) \(other.texts.count)")
    }
    let rest = YAMLTree(
      content: .mapping(members.filter { $0.key != "each" }), place: place)
    var entries: [YAMLTree] = []
    for place in 0..<count {
      let here = Dictionary(uniqueKeysWithValues: values.map { ($0.name, $0.texts[place]) })
      guard let entry = rest.replacing(here, &size) else {
        throw refusal("what a file repeats has at most \(Self.mostRepeated >> 20) MiB together")
      }
      entries.append(entry)
    }
    return entries
  }

  /// Nil if `size` grows beyond `mostRepeated`.
  private func replacing(_ values: [String: String], _ size: inout Int) -> YAMLTree? {
    size += Self.overhead
    func replaced(_ text: String) -> String? {
      var parts: [Substring] = []
      var rest = text[...]
      while let open = rest.firstIndex(of: "{") {
        let inner = rest[rest.index(after: open)...]
        guard let close = inner.firstIndex(of: "}") else { break }
        if let value = values[String(inner[..<close])] {
          parts += [rest[..<open], value[...]]
          size += value.utf8.count
          rest = rest[rest.index(after: close)...]
        } else {
          parts.append(rest[...open])
          rest = inner
        }
        if size > Self.mostRepeated { return nil }
      }
      size += text.utf8.count
      return size > Self.mostRepeated ? nil : (parts + [rest]).joined()
    }
    let content: Content?
    switch self.content {
    case .plain(let text): content = replaced(text).map(Content.plain)
    case .text(let text): content = replaced(text).map(Content.text)
    case .list(let items):
      var entries: [YAMLTree] = []
      for item in items {
        guard let entry = item.replacing(values, &size) else { return nil }
        entries.append(entry)
      }
      content = .list(entries)
    case .mapping(let members):
      var entries: [Member] = []
      for member in members {
        guard let value = member.value.replacing(values, &size) else { return nil }
        size += member.key.utf8.count
        entries.append(Member(key: member.key, place: member.place, value: value))
      }
      content = .mapping(entries)
    }
    return content.map { YAMLTree(content: $0, place: place) }
  }
}
