public import RunRecords

/// Where two checkpoints differ: the tensors that are not the same to the bit.
public struct CheckpointDifference: Sendable, Hashable {
  public var step: Int
  public var comparedTensors: Int
  /// Only those that differ: in the order of `a`, then those that only `b` has.
  public var tensors: [TensorDifference]

  /// - Parameter ignoring: Whether a tensor of this name is left out.
  public init(
    _ a: Checkpoint, _ b: Checkpoint, ignoring: (String) -> Bool = { _ in false }
  ) {
    step = a.step
    let aTensors = (a.parameters + a.optimizer).filter { !ignoring($0.name) }
    let bTensors = (b.parameters + b.optimizer).filter { !ignoring($0.name) }
    var bByName: [String: NamedTensor] = [:]
    for tensor in bTensors.reversed() { bByName[tensor.name] = tensor }
    let aNames = Set(aTensors.map { $0.name })
    let extra = bTensors.filter { !aNames.contains($0.name) }
    comparedTensors = aTensors.count + extra.count
    tensors =
      aTensors.compactMap { TensorDifference($0, bByName[$0.name]) }
      + extra.compactMap { TensorDifference(nil, $0) }
  }

  public var isEqual: Bool { tensors.isEmpty }
}

/// How one tensor of two checkpoints differs.
public struct TensorDifference: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    case onlyInA
    case onlyInB
    case shape(a: [Int], b: [Int])
    case values(ValuesDifference)
  }
  public var name: String
  public var kind: Kind

  /// Nil when both have the same shape and bits.
  init?(_ a: NamedTensor?, _ b: NamedTensor?) {
    switch (a, b) {
    case (nil, nil): return nil
    case (let a?, nil): (name, kind) = (a.name, .onlyInA)
    case (nil, let b?): (name, kind) = (b.name, .onlyInB)
    case (let a?, let b?):
      name = a.name
      if a.shape != b.shape {
        kind = .shape(a: a.shape, b: b.shape)
      } else if let values = ValuesDifference(shape: a.shape, a.values, b.values) {
        kind = .values(values)
      } else {
        return nil
      }
    }
  }
}

/// The values of two tensors of one shape that are not the same to the bit.
public struct ValuesDifference: Sendable, Hashable {
  /// One element with two values.
  public struct Element: Sendable, Hashable {
    /// In row-major order.
    public var flatIndex: Int
    /// One index for each dimension.
    public var index: [Int]
    public var a: Float
    public var b: Float

    public var ulps: UInt64 { a.ulpDistance(to: b) }

    init(flatIndex: Int, shape: [Int], a: Float, b: Float) {
      self.flatIndex = flatIndex
      self.a = a
      self.b = b
      var rest = flatIndex
      var index: [Int] = []
      for extent in shape.reversed() {
        index.append(rest % extent)
        rest /= extent
      }
      self.index = index.reversed()
    }

    // NaN equals itself here: elements are compared by their bits.
    public static func == (x: Element, y: Element) -> Bool {
      x.flatIndex == y.flatIndex && x.index == y.index && x.a.bitPattern == y.a.bitPattern
        && x.b.bitPattern == y.b.bitPattern
    }
    public func hash(into hasher: inout Hasher) {
      hasher.combine(flatIndex)
      hasher.combine(a.bitPattern)
      hasher.combine(b.bitPattern)
    }
  }

  public var count: Int
  public var differing: Int
  public var first: Element
  /// The first of the elements that are furthest apart in ULPs.
  public var largest: Element
  /// ‖b − a‖ / ‖a‖ in binary64, both sums in row-major order; nil if that is not a finite number.
  public var relativeL2: Double?

  /// Nil when all values have the same bits.
  init?(shape: [Int], _ a: [Float], _ b: [Float]) {
    var differing = 0
    var firstIndex: Int?
    var largest = (index: 0, ulps: UInt64(0))
    var squaredDifference = 0.0
    var squaredNorm = 0.0
    for index in a.indices {
      let (x, y) = (a[index], b[index])
      let difference = Double(y) - Double(x)
      squaredDifference += difference * difference
      squaredNorm += Double(x) * Double(x)
      let ulps = x.ulpDistance(to: y)
      guard ulps > 0 else { continue }
      differing += 1
      if firstIndex == nil { firstIndex = index }
      if ulps > largest.ulps { largest = (index, ulps) }
    }
    guard let firstIndex else { return nil }
    func element(_ index: Int) -> Element {
      Element(flatIndex: index, shape: shape, a: a[index], b: b[index])
    }
    count = a.count
    self.differing = differing
    first = element(firstIndex)
    self.largest = element(largest.index)
    let ratio = (squaredDifference / squaredNorm).squareRoot()
    relativeL2 = ratio.isFinite ? ratio : nil
  }
}

// MARK: JSON

extension CheckpointDifference {
  public var json: CanonicalJSON {
    [
      "step": CanonicalJSON(step), "compared_tensors": CanonicalJSON(comparedTensors),
      "tensors": .array(tensors.map { $0.json }),
    ]
  }
}

extension TensorDifference {
  public var json: CanonicalJSON {
    func list(_ values: [Int]) -> CanonicalJSON { .array(values.map { CanonicalJSON($0) }) }
    switch kind {
    case .onlyInA: return ["name": .string(name), "kind": "only-in-a"]
    case .onlyInB: return ["name": .string(name), "kind": "only-in-b"]
    case .shape(let a, let b):
      return ["name": .string(name), "kind": "shape", "a": list(a), "b": list(b)]
    case .values(let values):
      return [
        "name": .string(name), "kind": "values", "count": CanonicalJSON(values.count),
        "differing": CanonicalJSON(values.differing), "first": values.first.json,
        "largest": values.largest.json,
        "relative_l2": values.relativeL2.map { .number($0) } ?? .null,
      ]
    }
  }
}

extension ValuesDifference.Element {
  /// Values are strings: JSON has no NaN, and canonical JSON no −0.
  public var json: CanonicalJSON {
    [
      "flat_index": CanonicalJSON(flatIndex), "index": .array(index.map { CanonicalJSON($0) }),
      "a": .string(a.description), "b": .string(b.description), "ulps": .string(String(ulps)),
    ]
  }
}
