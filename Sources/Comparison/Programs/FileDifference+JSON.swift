import RunRecords

extension FileDifference {
  /// By key, whatever their order; numbers of one value are the same however they are written.
  init(jsonOf a: FileContent, _ b: FileContent, _ tolerance: Tolerance?) throws {
    func read(_ content: FileContent) throws -> JSONText? {
      content.size <= JSONText.largestSize ? JSONText(try content.bytes(0..<content.size)) : nil
    }
    guard let x = try read(a), let y = try read(b) else {
      try self.init(bytesOf: a, b)
      fallback = "one of the two is no JSON that can be read, or larger than 16 MiB"
      return
    }
    self.init(form: .json)
    var pair = JSONPair(x, y, tolerance)
    pair.compare(x.root, y.root, at: "")
    compared = pair.compared
    structure = pair.structure
    add(pair.values, count: compared)
  }
}

/// Two texts of JSON as they are walked through.
private struct JSONPair {
  private let a: JSONText
  private let b: JSONText
  private(set) var compared = 0
  private(set) var structure: [FileDifference.Structure] = []
  private(set) var values: FilePart

  init(_ a: JSONText, _ b: JSONText, _ tolerance: Tolerance?) {
    self.a = a
    self.b = b
    values = FilePart(name: "", tolerance: tolerance)
  }

  mutating func compare(_ x: JSONText.Node, _ y: JSONText.Node, at path: String) {
    switch (x, y) {
    case (.scalar(let kind, let left), .scalar(let otherKind, let right)):
      compareScalars(kind, a.spelling(left), otherKind, b.spelling(right), left, right, at: path)
    case (.array(let left), .array(let right)):
      for index in 0..<min(left.count, right.count) {
        compare(left[index], right[index], at: "\(path)[\(index)]")
      }
      for index in right.count..<max(left.count, right.count) {
        structure.append(.onlyInA("\(path)[\(index)]"))
      }
      for index in left.count..<max(left.count, right.count) {
        structure.append(.onlyInB("\(path)[\(index)]"))
      }
    case (.object(let left), .object(let right)):
      let others = Dictionary(
        right.map { (CanonicalJSON.Key(b.string($0.name)), $0.value) },
        uniquingKeysWith: { first, _ in first })
      for member in left {
        let name = a.string(member.name)
        if let other = others[CanonicalJSON.Key(name)] {
          compare(member.value, other, at: Self.join(path, name))
        } else {
          structure.append(.onlyInA(Self.join(path, name)))
        }
      }
      let names = Set(left.map { CanonicalJSON.Key(a.string($0.name)) })
      for member in right {
        let name = b.string(member.name)
        if !names.contains(CanonicalJSON.Key(name)) {
          structure.append(.onlyInB(Self.join(path, name)))
        }
      }
    case (.scalar, _), (.array, _), (.object, _):
      structure.append(.unlike(path, a: Self.kind(of: x), b: Self.kind(of: y)))
    }
  }

  private static func join(_ path: String, _ name: String) -> String {
    path.isEmpty ? name : path + "." + name
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

  private mutating func compareScalars(
    _ kind: JSONText.Scalar, _ x: ArraySlice<UInt8>, _ otherKind: JSONText.Scalar,
    _ y: ArraySlice<UInt8>, _ left: Range<Int32>, _ right: Range<Int32>, at path: String
  ) {
    compared += 1
    if kind == otherKind && x == y { return }
    let (p, q) = (String(decoding: x, as: UTF8.self), String(decoding: y, as: UTF8.self))
    switch (kind, otherKind) {
    case (.number, .number):
      let cell = NumberCell(p, q)
      if !cell.isSame { values.add(cell.item(at: .key(path)), isClose: cell.isClose) }
    case (.string, .string):
      let (s, t) = (a.string(left), b.string(right))
      guard !s.utf8.elementsEqual(t.utf8) else { return }
      values.add(
        .init(place: .key(path), a: s.excerpt, b: t.excerpt, distance: .text),
        isClose: { _ in false })
    case (.null, _), (.bool, _), (.number, _), (.string, _):
      values.add(
        .init(place: .key(path), a: p.excerpt, b: q.excerpt, distance: .text),
        isClose: { _ in false })
    }
  }
}

extension String {
  /// At most 80 characters, for people.
  var excerpt: String { count <= 80 ? self : prefix(77) + "..." }
}

/// Two cells of a text that are written unlike.
struct NumberCell {
  private let texts: (String, String)
  private let cell: ColumnDifference.Cell

  init(_ a: String, _ b: String) {
    texts = (a, b)
    cell = .init(step: 0, a: Self.value(a), b: Self.value(b))
  }

  /// Nil of an empty text.
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

  func item(at place: FileDifference.Place) -> FileDifference.Item {
    .init(
      place: place, a: texts.0.excerpt, b: texts.1.excerpt, distance: cell.distance,
      ulps: cell.ulps)
  }

  var isClose: (Tolerance) -> Bool { { $0.accepts(cell) } }
}
