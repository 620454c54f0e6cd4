import RunRecords

extension FileDifference {
  /// Compares tensors by name, each in its own type. If type or shape differ, only that is
  /// reported.
  init(tensorsOf a: FileContent, _ b: FileContent, _ tolerance: Tolerance?) throws {
    let (x, y): (SafetensorsFile, SafetensorsFile)
    do {
      (x, y) = (try SafetensorsFile(a), try SafetensorsFile(b))
    } catch let fault as SafetensorsFile.Fault {
      try self.init(bytesOf: a, b)
      fallback = "one of the two is no safetensors file: \(fault.reason)"
      return
    }
    self.init(form: .safetensors)
    let others = Dictionary(
      y.tensors.map { (CanonicalJSON.Key($0.name), $0) }, uniquingKeysWith: { first, _ in first })
    for tensor in x.tensors {
      guard let other = others[CanonicalJSON.Key(tensor.name)] else {
        add(.onlyInA("tensor \(tensor.name.excerpt)"))
        continue
      }
      guard tensor.type == other.type, tensor.shape == other.shape else {
        add(
          .unlike("tensor \(tensor.name.excerpt)", a: "\(tensor)", b: "\(other)"))
        continue
      }
      compared += 1
      let part = try TensorPair(tensor, at: other.bytes.lowerBound).compare(a, b, tolerance)
      add(part.values, count: part.count)
    }
    let names = Set(x.tensors.map { CanonicalJSON.Key($0.name) })
    for tensor in y.tensors where !names.contains(CanonicalJSON.Key(tensor.name)) {
      add(.onlyInB("tensor \(tensor.name.excerpt)"))
    }
    for key in Set(x.metadata.keys).union(y.metadata.keys).sorted()
    where x.metadata[key] != y.metadata[key] {
      add(
        .unlike(
          "metadata \(key.text.excerpt)", a: (x.metadata[key] ?? "none").excerpt,
          b: (y.metadata[key] ?? "none").excerpt))
    }
  }
}

extension SafetensorsFile.Tensor: CustomStringConvertible {
  /// As "F32 [2, 3]".
  var description: String { "\(type.rawValue) \(shape)" }
}

/// Two tensors of one type and shape.
private struct TensorPair {
  /// A unit with its two values.
  private struct Unit {
    var index: Int
    var a: UInt64
    var b: UInt64
  }

  private let tensor: SafetensorsFile.Tensor
  private let otherStart: Int

  init(_ tensor: SafetensorsFile.Tensor, at otherStart: Int) {
    self.tensor = tensor
    self.otherStart = otherStart
  }

  /// Keeps only bits while it runs, as millions of values may differ. What is reported is made at
  /// the end.
  func compare(_ a: FileContent, _ b: FileContent, _ tolerance: Tolerance?) throws
    -> (values: FilePart, count: Int)
  {
    let (type, size) = (tensor.type, tensor.type.unitSize)
    var differing = 0
    var first: Unit?
    var beyond: Unit?
    var largest: (unit: Unit, distance: Distance)?
    for start in stride(from: 0, to: tensor.bytes.count, by: FileContent.piece) {
      let end = min(start + FileContent.piece, tensor.bytes.count)
      let x = try a.bytes(tensor.bytes.lowerBound + start..<tensor.bytes.lowerBound + end)
      let y = try b.bytes(otherStart + start..<otherStart + end)
      if x == y { continue }
      for offset in stride(from: 0, to: x.count, by: size) {
        let (p, q) = (Self.bits(x, offset, size), Self.bits(y, offset, size))
        if p == q { continue }
        let unit = Unit(index: (start + offset) / size, a: p, b: q)
        let (left, right) = (type.value(p), type.value(q))
        let distance = Distance(left, right)
        differing += 1
        if first == nil { first = unit }
        if beyond == nil, !(tolerance?.accepts(right, for: left) ?? false) { beyond = unit }
        if largest.map({ $0.distance < distance }) ?? true { largest = (unit, distance) }
      }
    }
    return (
      FilePart(
        name: tensor.name, differing: differing, first: first.map(item),
        largest: (largest?.unit).map(item), beyond: beyond.map(item)),
      tensor.bytes.count / size
    )
  }

  private func item(_ unit: Unit) -> FileDifference.Item {
    let type = tensor.type
    return .init(
      place: .element(tensor: tensor.name.excerpt, index: index(of: unit.index)),
      a: type.text(unit.a), b: type.text(unit.b),
      distance: Distance(type.value(unit.a), type.value(unit.b)), ulps: type.ulps(unit.a, unit.b))
  }

  /// Little-endian.
  private static func bits(_ bytes: [UInt8], _ offset: Int, _ size: Int) -> UInt64 {
    var bits: UInt64 = 0
    for byte in 0..<size { bits |= UInt64(bytes[offset + byte]) << UInt64(8 * byte) }
    return bits
  }

  /// In row-major order.
  private func index(of unit: Int) -> [Int] {
    var shape = tensor.shape
    switch tensor.type {
    case .c64: shape.append(2)
    case .f6e2m3, .f6e3m2, .f4: return [unit]
    case .f64, .f32, .f16, .bf16, .f8e4m3, .f8e5m2, .f8e8m0, .i64, .i32, .i16, .i8, .u64, .u32,
      .u16, .u8, .bool:
      break
    }
    var rest = unit
    var index: [Int] = []
    for extent in shape.reversed() {
      index.append(rest % extent)
      rest /= extent
    }
    return index.reversed()
  }
}

extension Distance {
  fileprivate init(_ a: TensorValue, _ b: TensorValue) {
    switch (a, b) {
    case (.integer(let a), .integer(let b)): self.init(Int(a), Int(b))
    case (.natural(let a), .natural(let b)): self = .number(Double(a > b ? a - b : b - a))
    case (.number, _), (.integer, _), (.natural, _): self.init(a.double, b.double)
    }
  }
}

extension Tolerance {
  fileprivate func accepts(_ other: TensorValue, for sealed: TensorValue) -> Bool {
    switch (sealed, other) {
    case (.integer(let a), .integer(let b)): accepts(Int(b), for: Int(a))
    case (.natural(let a), .natural(let b)) where a <= Int.max && b <= Int.max:
      accepts(Int(b), for: Int(a))
    case (.number, _), (.integer, _), (.natural, _): accepts(other.double, for: sealed.double)
    }
  }
}
