public import RunRecords

/// Where two files of the same name differ. Their digests are known to differ.
///
/// Safetensors are compared value by value, JSON by key, CSV by cell, other text by its first
/// differing line, and everything else by its first differing byte. A file is read as what its name
/// says if it has that form and is not too large.
public struct FileDifference: Sendable, Hashable {
  public enum Form: String, Sendable, CaseIterable { case safetensors, json, csv, text, bytes }

  /// A place in a file.
  public enum Place: Sendable, Hashable {
    /// One index for each dimension. Complex values have one more, 0 for the real part. Values
    /// smaller than a byte have only the index of their byte.
    case element(tensor: String, index: [Int])
    /// As in `layers[0].name`; empty for the whole file.
    case key(String)
    /// The record, from 1, with a header counted. The column is given by its name in a header, or
    /// else by its number from 1.
    case cell(record: Int, column: String)
    /// From 1.
    case line(Int)
    /// From 0.
    case byte(Int)
  }

  /// One place with its two values, as people read them.
  public struct Item: Sendable, Hashable {
    public var place: Place
    public var a: String
    public var b: String
    public var distance: Distance
    /// How far apart two numbers are; nil if one is missing or is no number.
    public var ulps: UInt64?
  }

  /// A tensor or a column in which values differ; for any other file, the whole of it.
  public struct Part: Sendable, Hashable {
    /// Empty for the whole file.
    public var name: String
    /// How many values were compared. Nil for text and bytes, as nothing is compared after the
    /// first difference.
    public var count: Int?
    public var differing: Int
    public var first: Item
    /// The first of the items that are furthest apart.
    public var largest: Item
  }

  /// A difference that is not one of values.
  public enum Structure: Sendable, Hashable {
    case onlyInA(String)
    case onlyInB(String)
    case unlike(String, a: String, b: String)
  }

  public var form: Form
  /// How many tensors or columns both have; for JSON, how many values.
  public var compared: Int
  public var parts: [Part]
  /// At most a hundred of them.
  public var structure: [Structure]
  /// How many more there are.
  public var unlisted = 0
  /// Why it was not read as what its name says; nil if it was, or if the name says nothing.
  public var fallback: String?
  /// The first difference that the given tolerance does not cover; nil if there is none.
  public var beyond: Item?

  /// Whether only the bytes differ, and every value is the same.
  public var hasSameValues: Bool { parts.isEmpty && structure.isEmpty }

  /// Whether a tolerance covers all of it: one was given, and everything that differs is numbers
  /// that are close enough.
  public var isCovered: Bool {
    switch form {
    case .safetensors, .json, .csv: structure.isEmpty && beyond == nil
    case .text, .bytes: false
    }
  }

  init(form: Form) {
    self.form = form
    compared = 0
    parts = []
    structure = []
  }

  /// Compares two files that are known to have other bytes.
  ///
  /// - Parameters:
  ///   - path: Its ending says what the files are.
  ///   - tolerance: How far apart numbers may be; nil covers nothing.
  /// - Throws: What reading a file throws.
  public init(path: String, _ a: FileContent, _ b: FileContent, tolerance: Tolerance?) throws {
    let name = path.lowercased()
    if name.hasSuffix(".safetensors") {
      try self.init(tensorsOf: a, b, tolerance)
    } else if name.hasSuffix(".json") {
      try self.init(jsonOf: a, b, tolerance)
    } else if name.hasSuffix(".csv") {
      try self.init(cellsOf: a, b, tolerance)
    } else {
      try self.init(bytesOf: a, b)
    }
  }
}

/// The values of a part while they are compared. A difference is described only if the description
/// will be used: of millions that differ, three are.
struct FilePart {
  typealias Item = FileDifference.Item

  private let name: String
  private let tolerance: Tolerance?
  private var differing = 0
  private var first: Item?
  private var largest: (distance: Distance, item: () -> Item)?
  /// The first difference that the tolerance does not cover.
  private(set) var beyond: Item?

  init(name: String, tolerance: Tolerance?) {
    self.name = name
    self.tolerance = tolerance
  }

  /// A part whose values have been compared already; `first` and `largest` are nil if nothing
  /// differs.
  init(name: String, differing: Int, first: Item?, largest: Item?, beyond: Item?) {
    self.init(name: name, tolerance: nil)
    self.differing = differing
    self.first = first
    self.largest = largest.map { item in (item.distance, { item }) }
    self.beyond = beyond
  }

  /// Adds a difference.
  ///
  /// - Parameter item: Returns the same item whenever it is called.
  mutating func add(
    _ distance: Distance, isClose: (Tolerance) -> Bool, item: @escaping () -> Item
  ) {
    differing += 1
    if first == nil { first = item() }
    if beyond == nil, !(tolerance.map(isClose) ?? false) { beyond = item() }
    if largest.map({ $0.distance < distance }) ?? true { largest = (distance, item) }
  }

  /// Adds a difference that no tolerance covers, as it is not one of numbers.
  mutating func addText(_ item: @escaping () -> Item) {
    add(.text, isClose: { _ in false }, item: item)
  }

  /// Nil if nothing differs.
  func finished(count: Int?) -> FileDifference.Part? {
    guard let first, let largest else { return nil }
    return .init(
      name: name.excerpt, count: count, differing: differing, first: first,
      largest: largest.item())
  }
}

extension FileDifference {
  /// How many entries of the structure are listed.
  static let listed = 100

  mutating func add(_ part: FilePart, count: Int?) {
    if let finished = part.finished(count: count) { parts.append(finished) }
    if beyond == nil { beyond = part.beyond }
  }

  mutating func add(_ difference: @autoclosure () -> Structure) {
    if structure.count < Self.listed {
      structure.append(difference())
    } else {
      unlisted += 1
    }
  }
}

extension String {
  /// At most 200 characters, for people to read; the rest is not looked at.
  var excerpt: String {
    let scalars = unicodeScalars
    return scalars.prefix(200).endIndex == scalars.endIndex
      ? self : String(UnicodeScalarView(scalars.prefix(197))) + "..."
  }
}

// MARK: JSON

extension FileDifference {
  public var json: CanonicalJSON {
    [
      "form": .string(form.rawValue), "compared": CanonicalJSON(compared),
      "parts": .array(parts.map(\.json)), "structure": .array(structure.map(\.json)),
      "structure_unlisted": CanonicalJSON(unlisted),
      "fallback": fallback.map { .string($0) } ?? .null,
      "beyond_tolerance": beyond?.json ?? .null,
    ]
  }
}

extension FileDifference.Part {
  var json: CanonicalJSON {
    [
      "name": .string(name), "count": count.map { CanonicalJSON($0) } ?? .null,
      "differing": CanonicalJSON(differing), "first": first.json, "largest": largest.json,
    ]
  }
}

extension FileDifference.Item {
  /// Values and distances are texts: JSON has neither NaN nor integers beyond 2^53.
  var json: CanonicalJSON {
    [
      "place": .string("\(place)"), "a": .string(a), "b": .string(b),
      "distance": .string("\(distance)"), "ulps": ulps.map { .string(String($0)) } ?? .null,
    ]
  }
}

extension FileDifference.Structure {
  var json: CanonicalJSON {
    switch self {
    case .onlyInA(let name): ["only_in_a": .string(name)]
    case .onlyInB(let name): ["only_in_b": .string(name)]
    case .unlike(let name, let a, let b):
      ["unlike": .string(name), "a": .string(a), "b": .string(b)]
    }
  }
}

extension FileDifference.Place: CustomStringConvertible {
  /// As "w[3, 7]", "layers[0].name", "record 3, column loss", "line 4", "byte 17".
  public var description: String {
    switch self {
    case .element(let tensor, let index): index.isEmpty ? tensor : "\(tensor)\(index)"
    case .key(let key): key.isEmpty ? "the whole value" : key
    case .cell(let record, let column): "record \(record), column \(column)"
    case .line(let line): "line \(line)"
    case .byte(let offset): "byte \(offset)"
    }
  }
}
