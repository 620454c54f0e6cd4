// libyaml itself, which comes with Yams. Yams' own composing follows aliases and hashes keys before
// anybody could refuse them.
private import CYaml
internal import RunRecords

/// Reads a YAML text as one event after the other, with libyaml.
///
/// Nothing is expanded and nothing is looked up, so each event takes time in proportion to its
/// text. For one thread.
@safe final class YAMLEvents {
  enum Kind: Hashable {
    case streamStart, streamEnd, documentStart, documentEnd, alias
    case scalar(String, isPlain: Bool)
    case listStart, listEnd, mappingStart, mappingEnd
  }

  struct Event {
    var kind: Kind
    /// From 1.
    var line: Int
    var hasAnchor = false
    /// Nil if the text has no tag.
    var tag: String?
  }

  private let text: UnsafeMutableBufferPointer<UInt8>
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let file: String
  /// How far the text has been counted in characters, and where that is in bytes.
  private var characters = 0
  private var offset = 0

  /// - Parameter file: The file's name, for errors.
  init(_ text: String, file: String) {
    self.file = file
    let bytes = Array(text.utf8)
    unsafe self.text = UnsafeMutableBufferPointer.allocate(capacity: bytes.count)
    _ = unsafe self.text.initialize(fromContentsOf: bytes)
    unsafe parser = UnsafeMutablePointer.allocate(capacity: 1)
    guard unsafe yaml_parser_initialize(parser) == 1 else { fatalError("out of memory") }
    unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    // SAFETY: both the text and the parser keep their addresses until `deinit`.
    unsafe yaml_parser_set_input_string(parser, self.text.baseAddress, bytes.count)
  }

  deinit {
    unsafe yaml_parser_delete(parser)
    unsafe parser.deallocate()
    unsafe text.deallocate()
  }

  func next() throws(RecordError) -> Event {
    var event = unsafe yaml_event_t()
    guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw refusal() }
    defer { unsafe yaml_event_delete(&event) }
    return unsafe read(event)
  }

  private func read(_ event: yaml_event_t) -> Event {
    func made(_ kind: Kind, anchor: UnsafeMutablePointer<yaml_char_t>?, tag: String?) -> Event {
      let line = unsafe Int(event.start_mark.line) + 1
      return Event(kind: kind, line: line, hasAnchor: unsafe anchor != nil, tag: tag)
    }
    switch unsafe event.type {
    case YAML_STREAM_START_EVENT: return made(.streamStart, anchor: nil, tag: nil)
    case YAML_STREAM_END_EVENT: return made(.streamEnd, anchor: nil, tag: nil)
    case YAML_DOCUMENT_START_EVENT: return made(.documentStart, anchor: nil, tag: nil)
    case YAML_DOCUMENT_END_EVENT: return made(.documentEnd, anchor: nil, tag: nil)
    case YAML_SEQUENCE_END_EVENT: return made(.listEnd, anchor: nil, tag: nil)
    case YAML_MAPPING_END_EVENT: return made(.mappingEnd, anchor: nil, tag: nil)
    case YAML_ALIAS_EVENT: return unsafe made(.alias, anchor: event.data.alias.anchor, tag: nil)
    case YAML_SEQUENCE_START_EVENT:
      let start = unsafe event.data.sequence_start
      return unsafe made(.listStart, anchor: start.anchor, tag: Self.string(start.tag))
    case YAML_MAPPING_START_EVENT:
      let start = unsafe event.data.mapping_start
      return unsafe made(.mappingStart, anchor: start.anchor, tag: Self.string(start.tag))
    case YAML_SCALAR_EVENT:
      let scalar = unsafe event.data.scalar
      let isPlain = unsafe scalar.style == YAML_PLAIN_SCALAR_STYLE
      // libyaml drops the tag "!". A quoted scalar shows it by a flag. A plain scalar shows it by
      // its mark, since no plain scalar begins with that character.
      var tag = unsafe Self.string(scalar.tag)
      if tag == nil {
        let wasTagged =
          unsafe isPlain
          ? byte(at: event.start_mark) == UInt8(ascii: "!") : scalar.quoted_implicit == 0
        if wasTagged { tag = "!" }
      }
      // SAFETY: libyaml has `length` bytes at `value`; they live until the event is deleted.
      let value = unsafe String(
        decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
      return unsafe made(.scalar(value, isPlain: isPlain), anchor: scalar.anchor, tag: tag)
    default: preconditionFailure("libyaml gives the event \(unsafe event.type.rawValue)")
    }
  }

  private static func string(_ text: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    guard let text = unsafe text else { return nil }
    // SAFETY: libyaml ends the strings of an event with NUL.
    return unsafe String(decodingCString: text, as: UTF8.self)
  }
}

// MARK: Places

extension YAMLEvents {
  /// The first byte of the character at a mark, whose index counts characters.
  ///
  /// - Complexity: Linear in the distance from the mark before.
  private func byte(at mark: yaml_mark_t) -> UInt8? {
    let size = unsafe text.count
    while characters < mark.index, offset < size {
      repeat { offset += 1 } while unsafe offset < size && text[offset] & 0xC0 == 0x80
      characters += 1
    }
    return unsafe offset < size ? text[offset] : nil
  }

  private func refusal() -> RecordError {
    // SAFETY: libyaml's messages are literals.
    let problem =
      unsafe parser.pointee.problem.map { unsafe String(cString: $0) } ?? "it is too large"
    var line = unsafe Int(parser.pointee.problem_mark.line) + 1
    if unsafe parser.pointee.error == YAML_READER_ERROR {
      let before = unsafe text.prefix(Int(parser.pointee.problem_offset))
      line = unsafe before.count { $0 == UInt8(ascii: "\n") } + 1
    }
    // libyaml has a limit of its own for what it looks ahead at.
    let isTooDeep = problem.hasPrefix("Maximum nesting level")
    return .config(
      place: "\(file):\(line)", key: "",
      reason: isTooDeep ? YAMLTree.tooDeep : "not YAML: \(problem)")
  }
}
