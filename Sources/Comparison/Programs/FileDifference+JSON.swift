import RunRecords

extension FileDifference {
  /// Compares by key, whatever the order. Numbers of the same value are equal, however they are
  /// written.
  init(jsonOf a: FileContent, _ b: FileContent, _ tolerance: Tolerance?) throws {
    func read(_ content: FileContent) throws -> JSONText? {
      content.size <= JSONText.largestSize ? JSONText(try content.bytes(0..<content.size)) : nil
    }
    guard let x = try read(a), let y = try read(b) else {
      try self.init(bytesOf: a, b)
      fallback = "one of the two is no JSON that can be read, or larger than 16 MiB"
      return
    }
    var pair = JSONPair(x, y, tolerance)
    pair.run()
    self = pair.difference
  }
}

/// Walks through two JSON texts and compares them.
private struct JSONPair {
  private enum Step {
    case key(String)
    case index(Int)
  }

  private let a: JSONText
  private let b: JSONText
  /// The path to the current value. It is spelt out only where it is reported, as it may be long.
  private var path: [Step] = []
  private(set) var compared = 0
  private(set) var difference = FileDifference(form: .json)
  private var values: FilePart

  init(_ a: JSONText, _ b: JSONText, _ tolerance: Tolerance?) {
    self.a = a
    self.b = b
    values = FilePart(name: "", tolerance: tolerance)
  }

  mutating func run() {
    compare(a.root, b.root)
    difference.compared = compared
    difference.add(values, count: compared)
  }

  private mutating func compare(_ x: JSONText.Node, _ y: JSONText.Node) {
    switch (x, y) {
    case (.scalar(let kind, let left), .scalar(let otherKind, let right)):
      compare(kind, left, otherKind, right)
    case (.array(let left), .array(let right)):
      for index in 0..<max(left.count, right.count) {
        path.append(.index(index))
        if index >= right.count {
          difference.add(.onlyInA(Self.spelling(path)))
        } else if index >= left.count {
          difference.add(.onlyInB(Self.spelling(path)))
        } else {
          compare(left[index], right[index])
        }
        path.removeLast()
      }
    case (.object(let left), .object(let right)): compare(left, right)
    case (.scalar, _), (.array, _), (.object, _):
      difference.add(.unlike(Self.spelling(path), a: Self.kind(of: x), b: Self.kind(of: y)))
    }
  }

  private mutating func compare(_ left: [JSONText.Member], _ right: [JSONText.Member]) {
    let others = Dictionary(
      right.map { (CanonicalJSON.Key(b.string($0.name)), $0.value) },
      uniquingKeysWith: { first, _ in first })
    var names: Set<CanonicalJSON.Key> = []
    for member in left {
      let name = a.string(member.name)
      names.insert(CanonicalJSON.Key(name))
      path.append(.key(name))
      if let other = others[CanonicalJSON.Key(name)] {
        compare(member.value, other)
      } else {
        difference.add(.onlyInA(Self.spelling(path)))
      }
      path.removeLast()
    }
    for member in right {
      let name = b.string(member.name)
      if names.contains(CanonicalJSON.Key(name)) { continue }
      difference.add(.onlyInB(Self.spelling(path + [.key(name)])))
    }
  }

  /// As "layers[0].name"; empty for the whole value.
  private static func spelling(_ path: [Step]) -> String {
    var text = ""
    for step in path {
      switch step {
      case .key(let key): text += (text.isEmpty ? "" : ".") + key.excerpt
      case .index(let index): text += "[\(index)]"
      }
    }
    return text.excerpt
  }

  private static func kind(of node: JSONText.Node) -> String {
    switch node {
    case .scalar(.null, _): "null"
    case .scalar(.bool, _): "true or false"
    case .scalar(.number, _): "a number"
    case .scalar(.string, _): "a text"
    case .array: "a list"
    case .object: "an object"
    }
  }

  private mutating func compare(
    _ kind: JSONText.Scalar, _ left: Range<Int32>, _ otherKind: JSONText.Scalar,
    _ right: Range<Int32>
  ) {
    compared += 1
    let (x, y) = (a.spelling(left), b.spelling(right))
    if kind == otherKind && x == y { return }
    let path = path
    switch (kind, otherKind) {
    case (.number, .number):
      let cell = NumberCell(
        String(decoding: x, as: UTF8.self), String(decoding: y, as: UTF8.self))
      if cell.isSame { return }
      values.add(
        cell.distance, isClose: cell.isClose, item: { cell.item(at: .key(Self.spelling(path))) })
    case (.string, .string):
      let (p, q) = (a.string(left), b.string(right))
      if p.utf8.elementsEqual(q.utf8) { return }
      values.addText {
        .init(
          place: .key(Self.spelling(path)), a: p.excerpt, b: q.excerpt, distance: .text)
      }
    case (.null, _), (.bool, _), (.number, _), (.string, _):
      values.addText {
        .init(
          place: .key(Self.spelling(path)), a: String(decoding: x, as: UTF8.self).excerpt,
          b: String(decoding: y, as: UTF8.self).excerpt, distance: .text)
      }
    }
  }
}

/// Two cells of a text that are written differently.
struct NumberCell {
  private let texts: (String, String)
  private let cell: ColumnDifference.Cell

  init(_ a: String, _ b: String) {
    texts = (a, b)
    cell = .init(step: 0, a: Self.value(a), b: Self.value(b))
  }

  /// Nil for an empty text.
  private static func value(_ text: String) -> TraceTable.Value? {
    if text.isEmpty { return nil }
    return TraceTable.Values.integer(text).map { .integer($0) }
      ?? TraceTable.Values.number(text).map { .number($0) } ?? .text(text)
  }

  var isSame: Bool {
    switch (cell.a, cell.b) {
    case (nil, nil): true
    case (let a?, let b?): a.isSame(as: b)
    case (nil, _?), (_?, nil): false
    }
  }

  var distance: Distance { cell.distance }

  func item(at place: FileDifference.Place) -> FileDifference.Item {
    .init(
      place: place, a: texts.0.excerpt, b: texts.1.excerpt, distance: cell.distance,
      ulps: cell.ulps)
  }

  var isClose: (Tolerance) -> Bool { { $0.accepts(cell) } }
}
