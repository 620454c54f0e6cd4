import DeterministicNumerics
import Learning

/// FNV-1a over 64-bit words, one multiplication a word.
private struct Hash {
  var value: UInt64 = 0xcbf2_9ce4_8422_2325

  mutating func add(_ bits: UInt64) { value = (value ^ bits) &* 0x100_0000_01b3 }

  /// All NaNs count as one: which of them comes out is not defined.
  mutating func add(_ x: Float) { add(UInt64(x.isNaN ? 0x7fc0_0000 : x.bitPattern)) }
}

/// Hashes a function's results, scalar and vector, on inputs spread over all bit patterns of
/// binary32.
@inline(__always)
private func hash(
  _ scalar: (Float) -> Float, _ vector: (SIMD8<Float>) -> SIMD8<Float>
) -> UInt64 {
  var hash = Hash()
  for first in stride(from: 0, to: 1 << 20, by: 8) {
    var inputs = SIMD8<Float>()
    for lane in 0..<8 {
      inputs[lane] = Float(bitPattern: UInt32(truncatingIfNeeded: (first + lane) &* 4093))
    }
    let results = vector(inputs)
    for lane in 0..<8 {
      hash.add(scalar(inputs[lane]))
      hash.add(results[lane])
    }
  }
  return hash.value
}

@_cdecl("probe_exp")
public func probeExp() -> UInt64 { hash({ Elementary.exp($0) }, { Elementary.exp($0) }) }

@_cdecl("probe_log")
public func probeLog() -> UInt64 { hash({ Elementary.log($0) }, { Elementary.log($0) }) }

@_cdecl("probe_erf")
public func probeErf() -> UInt64 { hash({ Elementary.erf($0) }, { Elementary.erf($0) }) }

@_cdecl("probe_cospi")
public func probeCospi() -> UInt64 { hash({ Elementary.cospi($0) }, { Elementary.cospi($0) }) }

/// Trains and hashes what a trace would show: loss, evaluation and norm on the way, then every bit
/// of parameters and moments.
private func train(
  _ problem: Problem, _ architecture: Architecture, _ optimizer: Optimizer, steps: Int
) -> UInt64 {
  let trainer = Trainer(
    seed: 42, problem: problem, architecture: architecture, optimizer: optimizer, batch: 16)
  var hash = Hash()
  for step in 0..<steps {
    hash.add(trainer.advance(SerialWorkers()).bitPattern)
    guard step % 10 == 9 else { continue }
    let evaluation = trainer.evaluate(SerialWorkers())
    hash.add(evaluation.trainLoss.bitPattern)
    hash.add(evaluation.trainAccuracy.bitPattern)
    hash.add(evaluation.validationLoss.bitPattern)
    hash.add(evaluation.validationAccuracy.bitPattern)
    hash.add(trainer.squaredNorm().bitPattern)
  }
  for tensor in 0..<trainer.tensorCount {
    for value in trainer.parameterValues(tensor) { hash.add(value) }
    for moment in 0..<trainer.momentCount {
      for value in trainer.momentValues(moment, tensor) { hash.add(value) }
    }
  }
  return hash.value
}

@_cdecl("probe_transformer")
public func probeTransformer() -> UInt64 {
  train(
    .modular(operation: .addition, modulus: 7, trainCount: 24),
    .transformer(embedding: .shared, width: 16, heads: 2, feedforward: 32, embeddingScale: 1),
    .adamW(learningRate: 1e-3, weightDecay: 1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8), steps: 100)
}

@_cdecl("probe_mlp")
public func probeMLP() -> UInt64 {
  train(
    .sparseParity(bits: 10, relevantBits: 3, trainSamples: 100, validationSamples: 100),
    .mlp(width: 32, hiddenLayers: 2), .sgd(learningRate: 0.1, gradientDecay: 1e-3), steps: 100)
}
