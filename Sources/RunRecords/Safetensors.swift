import Digests

/// The file form of a checkpoint: safetensors in one canonical form (SPEC.md, checkpoints).
///
/// An 8-byte little-endian length; a header of canonical JSON, padded with spaces so that the data
/// begin at a multiple of 8; then the tensors' binary32 values without gaps. Parameters come first,
/// then optimizer state, each in the checkpoint's order. A PyTorch model loads the tensors whose
/// names do not begin with "optimizer.".
public enum Safetensors {
  /// What a reader accepts. It is checked before any work is done on the file.
  public enum Limit {
    public static let headerBytes = 1 << 20
    public static let tensors = 4096
    public static let rank = 8
    public static let nameBytes = 200
  }

  static let formatVersion = "1"
  static let optimizerPrefix = "optimizer."
}

// MARK: Writing

extension Safetensors {
  /// The bytes of the file; the same checkpoint gives the same bytes.
  ///
  /// - Precondition: Names are unique and consist of `[A-Za-z0-9._-]`. They begin with "optimizer."
  ///   in the optimizer state and nowhere else. No tensor is empty.
  public static func encode(_ checkpoint: Checkpoint, runID: String, numerics: Int) -> [UInt8] {
    let tensors = checkpoint.parameters + checkpoint.optimizer
    var header: [CanonicalJSON.Key: CanonicalJSON] = [
      "__metadata__": metadata(step: checkpoint.step, runID: runID, numerics: numerics)
    ]
    var offset = 0
    for (index, tensor) in tensors.enumerated() {
      let isParameter = index < checkpoint.parameters.count
      precondition(
        isName(tensor.name) && tensor.name.hasPrefix(optimizerPrefix) != isParameter,
        "\(tensor.name) cannot be the name of a tensor here")
      precondition(!tensor.values.isEmpty, "\(tensor.name) has no values")
      let end = offset + 4 * tensor.values.count
      let previous = header.updateValue(
        entry(shape: tensor.shape, start: offset, end: end), forKey: .init(tensor.name))
      precondition(previous == nil, "two tensors are named \(tensor.name)")
      offset = end
    }
    var text = CanonicalJSON.object(header).utf8
    text += Array(repeating: UInt8(ascii: " "), count: padding(text.count))
    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 + text.count + offset)
    for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: text.count >> (8 * shift))) }
    bytes += text
    for tensor in tensors { append(tensor.values, to: &bytes) }
    return bytes
  }

  private static func metadata(step: Int, runID: String, numerics: Int) -> CanonicalJSON {
    [
      "format": "pt",
      "regrok.format": .string(formatVersion),
      "regrok.numerics": .string(String(numerics)),
      "regrok.run": .string(runID),
      "regrok.step": .string(String(step)),
    ]
  }

  private static func entry(shape: [Int], start: Int, end: Int) -> CanonicalJSON {
    [
      "data_offsets": [CanonicalJSON(start), CanonicalJSON(end)],
      "dtype": "F32",
      "shape": .array(shape.map { CanonicalJSON($0) }),
    ]
  }

  private static func append(_ values: [Float], to bytes: inout [UInt8]) {
    #if _endian(little)
      // SAFETY: the values are plain memory, read whole and only inside the closure.
      unsafe values.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    #else
      for value in values {
        for shift in 0..<4 {
          bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt32(shift))))
        }
      }
    #endif
  }

  /// The spaces after a header of `count` bytes.
  private static func padding(_ count: Int) -> Int { (8 - count % 8) % 8 }

  private static func isName(_ name: String) -> Bool {
    (1...Limit.nameBytes).contains(name.utf8.count)
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
          UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }
}

// MARK: Reading

extension Safetensors {
  /// Reads bytes that `encode` could have written, and nothing else.
  ///
  /// - Parameters:
  ///   - runID: The run to which the checkpoint must belong; nil accepts any.
  ///   - numerics: The version of the arithmetic that it must have; nil accepts any.
  public static func decode(
    _ bytes: [UInt8], runID: String? = nil, numerics: Int? = nil
  ) throws(RecordError) -> Checkpoint {
    let layout = try Layout(of: bytes[...], runID: runID, numerics: numerics)
    func read(_ tensors: [Layout.Tensor]) -> [NamedTensor] {
      tensors.map {
        NamedTensor(name: $0.name, shape: $0.shape, values: values(of: bytes[$0.bytes]))
      }
    }
    return Checkpoint(
      step: layout.step, parameters: read(layout.parameters), optimizer: read(layout.optimizer))
  }

  /// The `hashes` of what `decode` would return for the same bytes, without a copy of the values.
  public static func hashes(
    of bytes: ArraySlice<UInt8>, runID: String? = nil, numerics: Int? = nil
  ) throws(RecordError) -> HashRow {
    let layout = try Layout(of: bytes, runID: runID, numerics: numerics)
    // The tensors follow each other without gaps, in the order in which the digests take them.
    func digest(_ tensors: [Layout.Tensor]) -> Digest {
      guard let first = tensors.first, let last = tensors.last else { return Digest(of: []) }
      return Digest(of: bytes[first.bytes.lowerBound..<last.bytes.upperBound])
    }
    return HashRow(
      step: layout.step, parameters: digest(layout.parameters),
      optimizer: digest(layout.optimizer))
  }

  /// Where the tensors of a file lie.
  private struct Layout {
    struct Tensor {
      var name: String
      var shape: [Int]
      /// Indices of its bytes in the file.
      var bytes: Range<Int>
    }
    var step: Int
    /// Both in the order of the file.
    var parameters: [Tensor] = []
    var optimizer: [Tensor] = []

    init(of bytes: ArraySlice<UInt8>, runID: String?, numerics: Int?) throws(RecordError) {
      let (members, dataStart) = try header(of: bytes)
      step = try Safetensors.step(in: members["__metadata__"], runID: runID, numerics: numerics)
      var tensors: [(name: String, shape: [Int], start: Int, end: Int)] = []
      for (key, entry) in members where key != "__metadata__" {
        let (shape, start, end) = try extent(name: key.text, entry: entry)
        tensors.append((key.text, shape, start, end))
      }
      tensors.sort { ($0.start, $0.name) < ($1.start, $1.name) }
      let available = bytes.endIndex - dataStart
      var offset = 0
      for (name, shape, start, end) in tensors {
        guard start == offset else {
          throw .checkpoint(reason: "tensor \(name) does not start where the one before it ends")
        }
        guard end <= available else {
          throw .checkpoint(reason: "tensor \(name) ends after the file")
        }
        offset = end
        let tensor = Tensor(name: name, shape: shape, bytes: dataStart + start..<dataStart + end)
        if name.hasPrefix(optimizerPrefix) {
          optimizer.append(tensor)
        } else if optimizer.isEmpty {
          parameters.append(tensor)
        } else {
          throw .checkpoint(reason: "parameter \(name) lies after optimizer state")
        }
      }
      guard offset == available else {
        throw .checkpoint(reason: "its tensors hold \(offset) bytes, the file \(available)")
      }
    }
  }

  /// The header's members, and the index of the first byte after it.
  private static func header(
    of bytes: ArraySlice<UInt8>
  ) throws(RecordError) -> (members: [CanonicalJSON.Key: CanonicalJSON], dataStart: Int) {
    guard bytes.count >= 8 else { throw .checkpoint(reason: "it is shorter than 8 bytes") }
    let start = bytes.startIndex
    var length: UInt64 = 0
    for index in 0..<8 { length |= UInt64(bytes[start + index]) << (8 * UInt64(index)) }
    guard length <= UInt64(Limit.headerBytes) else {
      throw .checkpoint(reason: "its header is longer than \(Limit.headerBytes) bytes")
    }
    let dataStart = start + 8 + Int(length)
    guard dataStart <= bytes.endIndex else {
      throw .checkpoint(reason: "its header ends after the file")
    }
    let padded = bytes[start + 8..<dataStart]
    let text = Array(padded.dropTrailingSpaces())
    guard padded.count - text.count == padding(text.count) else {
      throw .checkpoint(reason: "its header is not padded to a multiple of 8 bytes")
    }
    let json: CanonicalJSON
    do {
      json = try CanonicalJSON(canonical: text)
    } catch {
      throw .checkpoint(reason: "of its header: \(error)")
    }
    guard case .object(let members) = json else {
      throw .checkpoint(reason: "its header is not a JSON object")
    }
    guard members.count <= Limit.tensors + 1 else {
      throw .checkpoint(reason: "it has more than \(Limit.tensors) tensors")
    }
    return (members, dataStart)
  }

  private static func step(
    in found: CanonicalJSON?, runID: String?, numerics: Int?
  ) throws(RecordError) -> Int {
    guard let found, let step = found["regrok.step"]?.stringValue.flatMap({ Int($0) }), step >= 0,
      let foundRun = found["regrok.run"]?.stringValue, isName(foundRun),
      let foundNumerics = found["regrok.numerics"]?.stringValue.flatMap({ Int($0) }),
      found == metadata(step: step, runID: foundRun, numerics: foundNumerics)
    else {
      throw .checkpoint(
        reason: "its __metadata__ is not that of a checkpoint of format \(formatVersion)")
    }
    guard runID == nil || runID == foundRun else {
      throw .checkpoint(reason: "it belongs to the run \(foundRun)")
    }
    guard numerics == nil || numerics == foundNumerics else {
      throw .checkpoint(reason: "it is of numerics \(foundNumerics)")
    }
    return step
  }

  private static func extent(
    name: String, entry found: CanonicalJSON
  ) throws(RecordError) -> (shape: [Int], start: Int, end: Int) {
    guard isName(name) else { throw .checkpoint(reason: "a tensor's name is not allowed") }
    guard case .array(let extents)? = found["shape"], extents.count <= Limit.rank,
      case .array(let offsets)? = found["data_offsets"], offsets.count == 2,
      let start = offsets[0].intValue, let end = offsets[1].intValue, 0 <= start, start < end
    else { throw .checkpoint(reason: "tensor \(name) is not described as the format asks") }
    var shape: [Int] = []
    var size = 4
    for extent in extents {
      guard let extent = extent.intValue, extent > 0 else {
        throw .checkpoint(reason: "tensor \(name) has an impossible shape")
      }
      let (product, overflow) = size.multipliedReportingOverflow(by: extent)
      guard !overflow else {
        throw .checkpoint(reason: "tensor \(name) has a shape too large to count")
      }
      size = product
      shape.append(extent)
    }
    guard found == entry(shape: shape, start: start, end: end) else {
      throw .checkpoint(reason: "tensor \(name) is not of type F32 alone")
    }
    guard size == end - start else {
      throw .checkpoint(
        reason: "tensor \(name) takes \(end - start) bytes, its shape asks for \(size)")
    }
    return (shape, start, end)
  }

  private static func values(of bytes: ArraySlice<UInt8>) -> [Float] {
    let count = bytes.count / 4
    #if _endian(little)
      // SAFETY: the destination holds `count` values, the source exactly 4 · count bytes, and every
      // bit pattern is a Float. Neither pointer leaves its closure.
      return unsafe [Float](unsafeUninitializedCapacity: count) { values, initialized in
        unsafe bytes.withUnsafeBytes {
          unsafe UnsafeMutableRawBufferPointer(values).copyMemory(from: $0)
        }
        initialized = count
      }
    #else
      return (0..<count).map { index in
        var bits: UInt32 = 0
        for byte in 0..<4 {
          bits |= UInt32(bytes[bytes.startIndex + 4 * index + byte]) << (8 * UInt32(byte))
        }
        return Float(bitPattern: bits)
      }
    #endif
  }
}

extension ArraySlice<UInt8> {
  fileprivate func dropTrailingSpaces() -> ArraySlice<UInt8> {
    var end = endIndex
    while end > startIndex && self[end - 1] == UInt8(ascii: " ") { end -= 1 }
    return self[startIndex..<end]
  }
}
