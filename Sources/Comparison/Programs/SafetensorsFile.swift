import RunRecords

/// The layout of any valid safetensors file, whoever wrote it: names, types, shapes, and where the
/// values lie.
///
/// The header is checked before anything else is read. It has at most 16 MiB and is a JSON object
/// without a key twice. Its tensors follow each other without overlap or gap and end with the file,
/// and each is as long as its type and shape require.
struct SafetensorsFile {
  struct Tensor {
    var name: String
    var type: TensorType
    var shape: [Int]
    /// Where its values lie in the file.
    var bytes: Range<Int>
  }

  enum Limit {
    static let headerBytes = 16 << 20
    static let rank = 64
  }

  /// Why a file is not a safetensors file.
  struct Fault: Error {
    /// A clause: "its header ends after the file".
    var reason: String
  }

  /// In the order of the file.
  let tensors: [Tensor]
  /// The texts of the header's metadata, by their keys.
  let metadata: [CanonicalJSON.Key: String]

  /// - Throws: `Fault`, or what reading throws.
  init(_ content: FileContent) throws {
    guard content.size >= 8 else { throw Fault(reason: "it is shorter than 8 bytes") }
    let length = try content.bytes(0..<8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(Limit.headerBytes) else {
      throw Fault(reason: "its header is longer than \(Limit.headerBytes) bytes")
    }
    let start = 8 + Int(length)
    guard start <= content.size else { throw Fault(reason: "its header ends after the file") }
    guard let header = JSONText(try content.bytes(8..<start)),
      let members = header.members(of: header.root)
    else { throw Fault(reason: "its header is not a JSON object") }
    var tensors: [Tensor] = []
    var metadata: [CanonicalJSON.Key: String] = [:]
    for member in members {
      let name = header.string(member.name)
      if name == "__metadata__" {
        guard let entries = header.members(of: member.value) else {
          throw Fault(reason: "its __metadata__ is not an object")
        }
        for entry in entries {
          guard case .scalar(.string, let range) = entry.value else {
            throw Fault(reason: "its __metadata__ has values that are not texts")
          }
          metadata[CanonicalJSON.Key(header.string(entry.name))] = header.string(range)
        }
      } else {
        tensors.append(try Self.tensor(name, member.value, header, start: start, content.size))
      }
    }
    self.metadata = metadata
    self.tensors = tensors.sorted {
      ($0.bytes.lowerBound, $0.bytes.upperBound, $0.name)
        < ($1.bytes.lowerBound, $1.bytes.upperBound, $1.name)
    }
    var end = start
    for tensor in self.tensors {
      guard tensor.bytes.lowerBound == end else {
        throw Fault(
          reason: "the values of \(tensor.name.excerpt) "
            + (tensor.bytes.lowerBound < end ? "overlap others" : "lie behind a gap"))
      }
      end = tensor.bytes.upperBound
    }
    guard end == content.size else { throw Fault(reason: "it has bytes behind its last tensor") }
  }

  private static func tensor(
    _ name: String, _ entry: JSONText.Node, _ header: JSONText, start: Int, _ size: Int
  ) throws -> Tensor {
    func fault(_ reason: String) -> Fault { Fault(reason: "tensor \(name.excerpt) \(reason)") }
    var fields: [String: JSONText.Node] = [:]
    for member in header.members(of: entry) ?? [] {
      fields[header.string(member.name)] = member.value
    }
    guard fields.count == 3, case .scalar(.string, let word)? = fields["dtype"],
      case .array(let extents)? = fields["shape"],
      case .array(let offsets)? = fields["data_offsets"], offsets.count == 2
    else { throw fault("is not described by dtype, shape and data_offsets") }
    guard let type = TensorType(rawValue: header.string(word)) else {
      throw fault("is of the unknown type \(header.string(word).prefix(20))")
    }
    guard let from = header.integer(offsets[0]), let to = header.integer(offsets[1]),
      0 <= from, from <= to, to <= size - start
    else { throw fault("has offsets outside the file") }
    guard extents.count <= Limit.rank else {
      throw fault("has more than \(Limit.rank) dimensions")
    }
    var shape: [Int] = []
    var bits = type.bits
    for extent in extents {
      guard let extent = header.integer(extent), extent >= 0 else {
        throw fault("has an impossible shape")
      }
      let (product, overflow) = bits.multipliedReportingOverflow(by: extent)
      guard !overflow else { throw fault("has a shape too large to count") }
      bits = product
      shape.append(extent)
    }
    guard bits % 8 == 0, bits / 8 == to - from else {
      throw fault("takes \(to - from) bytes, its shape asks for \(bits) bits")
    }
    return Tensor(name: name, type: type, shape: shape, bytes: start + from..<start + to)
  }
}
