import Digests

/// An object in a program's record. Every refusal names the file and the key.
struct RecordObject {
  let file: String
  /// The dotted key of the object; empty for the whole file.
  private let path: String
  let members: [CanonicalJSON.Key: CanonicalJSON]

  /// - Parameters:
  ///   - keys: The keys that it must have.
  ///   - optional: The keys that it may have.
  init(
    _ json: CanonicalJSON, file: String, at path: String = "", keys: [CanonicalJSON.Key],
    optional: [CanonicalJSON.Key] = []
  ) throws(RecordError) {
    try self.init(json, file: file, at: path)
    for key in members.keys.sorted() where !keys.contains(key) && !optional.contains(key) {
      let suggestion = ConfigFields.nearest(to: key.text, among: (keys + optional).map { $0.text })
      throw refusal(key, "unknown key" + (suggestion.map { "; did you mean \($0)?" } ?? ""))
    }
    for key in keys where members[key] == nil { throw refusal(key, "is missing") }
  }

  /// An object whose keys are arbitrary names.
  init(_ json: CanonicalJSON, file: String, at path: String = "") throws(RecordError) {
    self.file = file
    self.path = path
    guard case .object(let members) = json else {
      throw .program(file: file, key: path, reason: "must be an object of keys and values")
    }
    self.members = members
  }

  /// The dotted key of a member.
  func path(_ key: CanonicalJSON.Key) -> String { path.isEmpty ? key.text : path + "." + key.text }

  func refusal(_ key: CanonicalJSON.Key, _ reason: String) -> RecordError {
    .program(file: file, key: path(key), reason: reason)
  }

  subscript(key: CanonicalJSON.Key) -> CanonicalJSON { members[key] ?? .null }

  func isNull(_ key: CanonicalJSON.Key) -> Bool { self[key] == .null }

  func text(_ key: CanonicalJSON.Key) throws(RecordError) -> String {
    guard let text = self[key].stringValue else { throw refusal(key, "must be a text") }
    return text
  }

  func flag(_ key: CanonicalJSON.Key) throws(RecordError) -> Bool {
    guard case .bool(let flag) = self[key] else { throw refusal(key, "must be true or false") }
    return flag
  }

  func integer(_ key: CanonicalJSON.Key, in range: ClosedRange<Int>) throws(RecordError) -> Int {
    guard let value = self[key].intValue, range.contains(value) else {
      throw refusal(key, "must be an integer from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  func texts(_ key: CanonicalJSON.Key) throws(RecordError) -> [String] {
    guard case .array(let items) = self[key] else { throw refusal(key, "must be a list of texts") }
    var texts: [String] = []
    for item in items {
      guard let text = item.stringValue else { throw refusal(key, "must be a list of texts") }
      texts.append(text)
    }
    return texts
  }

  func digest(_ key: CanonicalJSON.Key) throws(RecordError) -> Digest {
    guard let digest = self[key].stringValue.flatMap({ Digest(hex: $0) }) else {
      throw refusal(key, "must be 64 lowercase hexadecimal digits")
    }
    return digest
  }
}
