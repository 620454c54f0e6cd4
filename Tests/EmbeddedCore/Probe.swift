import Catalogue
import DeterministicNumerics
import Learning

/// What the core computes, as bytes: little-endian numbers, one after another.
private struct Record {
  private var bytes: [UInt8] = []

  mutating func add(_ x: UInt32) {
    for shift: UInt32 in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: x >> shift)) }
    if bytes.count >= 1 << 16 { flush() }
  }

  /// All NaNs count as one, because it is undefined which of them results.
  mutating func add(_ x: Float) { add(x.isNaN ? 0x7fc0_0000 : x.bitPattern) }

  mutating func add(_ x: Double) {
    let bits = x.isNaN ? 0x7ff8_0000_0000_0000 : x.bitPattern
    add(UInt32(truncatingIfNeeded: bits))
    add(UInt32(truncatingIfNeeded: bits >> 32))
  }

  mutating func flush() {
    // SAFETY: the bytes are read before the call returns.
    unsafe bytes.withUnsafeBufferPointer { unsafe probe_write($0.baseAddress, $0.count) }
    bytes.removeAll(keepingCapacity: true)
  }
}

/// Writes the part of the record with this number; parts from 7 on are empty.
@_cdecl("probe")
public func probe(part: Int32) {
  var record = Record()
  switch part {
  case 0:
    record.apply({ Elementary.exp($0) }, { Elementary.exp($0) })
    record.apply({ Elementary.log($0) }, { Elementary.log($0) })
    record.apply({ Elementary.erf($0) }, { Elementary.erf($0) })
    record.apply({ Elementary.cospi($0) }, { Elementary.cospi($0) })
  case 1: record.train(.addition, .shared, .adamW)
  case 2: record.train(.multiplication, .perOperand, .sgd)
  case 3: record.train(.parity, .adamW)
  case 4: record.train(.parity, .sgd)
  case 5:
    record.apply(Elementary64.exp)
    record.apply(Elementary64.log)
    record.apply(Elementary64.log10)
    record.apply { Elementary64.pow($0.magnitude, 600 / Elementary64.log($0)) }
    record.apply { Elementary64.pow(1.25, $0) }
  case 6:
    for kind in [.any, .few, .small] as [Operands.Kind] { record.multiplyAndAdd(kind) }
  default: break
  }
  record.flush()
}

// MARK: Elementary functions

extension Record {
  /// A function's results, scalar and vector, on 2^18 arguments spread over all bit patterns of
  /// binary32.
  @inline(__always)
  fileprivate mutating func apply(
    _ scalar: (Float) -> Float, _ vector: (SIMD8<Float>) -> SIMD8<Float>
  ) {
    for first in stride(from: 0, to: 1 << 18, by: 8) {
      var arguments = SIMD8<Float>()
      for lane in 0..<8 {
        arguments[lane] = Float(bitPattern: UInt32(truncatingIfNeeded: (first + lane) &* 16381))
      }
      let results = vector(arguments)
      for lane in 0..<8 {
        add(scalar(arguments[lane]))
        add(results[lane])
      }
    }
  }

  /// A function's results on 2^16 arguments spread over all bit patterns of binary64, then on 2^16
  /// arguments that go up from -800 in steps of 1/64.
  @inline(__always)
  fileprivate mutating func apply(_ function: (Double) -> Double) {
    for i in 0..<(1 << 16) as Range<UInt64> {
      add(function(Double(bitPattern: i &* 0xffff_9e37_79b9)))
    }
    for i in 0..<(1 << 16) { add(function(Double(i - 51_200) / 64)) }
  }
}

// MARK: Multiply-adds

/// Numbers whose multiply-adds are hard to compute without an instruction for them.
private struct Operands {
  enum Kind {
    /// Any pattern of bits.
    case any
    /// Few bits and similar exponents: many sums lie midway between two numbers.
    case few
    /// Products below the normal range, or near its edge.
    case small
  }
  let kind: Kind
  private var state: UInt64 = 1

  init(_ kind: Kind) { self.kind = kind }

  mutating func next() -> Float {
    // SplitMix64 (Steele, Lea, Flood 2014).
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    let bits = UInt32(truncatingIfNeeded: z ^ z >> 31)
    switch kind {
    case .any: return Float(bitPattern: bits)
    case .few: return Float(bitPattern: bits & 0x8078_1000 | (114 + bits % 27) << 23)
    case .small: return Float(bitPattern: bits & 0x807f_ffff | (44 + bits % 40) << 23)
    }
  }

  mutating func vector() -> SIMD16<Float> {
    var vector = SIMD16<Float>()
    for lane in vector.indices { vector[lane] = next() }
    return vector
  }
}

extension Record {
  /// 2^18 multiply-adds in vectors, and a matrix product of such numbers.
  fileprivate mutating func multiplyAndAdd(_ kind: Operands.Kind) {
    var operands = Operands(kind)
    for _ in 0..<1 << 14 {
      let (a, b, c) = (operands.vector(), operands.vector(), operands.vector())
      // Products of small numbers are far below the numbers themselves.
      let sum = (kind == .small ? c * 0x1p-60 : c).addingProduct(a, b)
      for lane in sum.indices { add(sum[lane]) }
    }
    let (m, n, k) = (37, 41, 61)
    let left = (0..<m * k).map { _ in operands.next() }
    let right = (0..<k * n).map { _ in operands.next() }
    var product: [Float] = Array(repeating: 0, count: m * n)
    var span = product.mutableSpan
    MatrixProduct.multiply(left.span, right.span, into: &span, m: m, n: n, k: k)
    for value in product { add(value) }
  }
}

// MARK: Training

extension TaskSpec {
  /// 29 training pairs of 49.
  fileprivate static var addition: TaskSpec {
    .modular(.init(operation: .addition, modulus: 7, trainFraction: 0.6))
  }
  /// 60 of 121.
  fileprivate static var multiplication: TaskSpec {
    .modular(.init(operation: .multiplication, modulus: 11, trainFraction: 0.5))
  }
  fileprivate static var parity: TaskSpec {
    .sparseParity(.init(bits: 35, relevantBits: 3, trainSamples: 150, validationSamples: 100))
  }
}

extension OptimizerSpec {
  fileprivate static var adamW: OptimizerSpec {
    .adamW(.init(learningRate: 1e-3, weightDecay: 1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8))
  }
  fileprivate static var sgd: OptimizerSpec {
    .sgd(.init(learningRate: 0.1, weightDecay: 1e-3, decayConvention: .lambda))
  }
}

extension Record {
  fileprivate mutating func train(
    _ task: TaskSpec, _ embedding: ModelSpec.TransformerSpec.Embedding, _ optimizer: OptimizerSpec
  ) {
    train(
      task,
      .transformer(
        .init(embedding: embedding, width: 32, heads: 2, feedforward: 48, embeddingScale: 1)),
      optimizer, batch: 26)
  }

  fileprivate mutating func train(_ task: TaskSpec, _ optimizer: OptimizerSpec) {
    train(task, .mlp(.init(width: 48, hiddenLayers: 2)), optimizer, batch: 50)
  }

  /// 200 steps: the loss of every batch; every 20 steps the losses and accuracies of both sets and
  /// the norm; every 50 steps all parameters and moments.
  private mutating func train(
    _ task: TaskSpec, _ model: ModelSpec, _ optimizer: OptimizerSpec, batch: Int
  ) {
    let trainer = Trainer(
      seed: 42, task: task, model: model, optimizer: optimizer, batch: batch)
    for step in 1...200 {
      add(trainer.advance(SerialWorkers()))
      if step % 20 == 0 { addEvaluation(of: trainer) }
      if step % 50 == 0 { addState(of: trainer) }
    }
  }

  private mutating func addEvaluation(of trainer: Trainer) {
    let evaluation = trainer.evaluate(SerialWorkers())
    add(evaluation.trainLoss)
    add(evaluation.trainAccuracy)
    add(evaluation.validationLoss)
    add(evaluation.validationAccuracy)
    add(trainer.squaredNorm())
  }

  private mutating func addState(of trainer: Trainer) {
    for tensor in 0..<trainer.tensorCount {
      for value in trainer.parameterValues(tensor) { add(value) }
      for moment in 0..<trainer.momentCount {
        for value in trainer.momentValues(moment, tensor) { add(value) }
      }
    }
  }
}
