internal import Catalogue
internal import DeterministicNumerics

/// What goes into a perceptron.
enum MLPInputs {
  /// The bits.
  case bits(ParitySamples)
  /// 1 at each operand's place, else 0.
  case oneHot(PairExamples)
  /// The rows of a table, which is the first tensor.
  case embedding(PairExamples, width: Int)
}

// SAFETY throughout: examples are numbers below the count; what is written to has the width that the first layer has.

extension MLPInputs {
  var trainCount: Int {
    switch self {
    case .bits(let samples): samples.trainCount
    case .oneHot(let pairs), .embedding(let pairs, _): pairs.trainCount
    }
  }

  var count: Int {
    switch self {
    case .bits(let samples): samples.count
    case .oneHot(let pairs), .embedding(let pairs, _): pairs.count
    }
  }

  /// The table of tokens, if there is one.
  var table: (tokens: Int, width: Int)? {
    switch self {
    case .bits, .oneHot: nil
    case .embedding(let pairs, let width): (pairs.vocabulary, width)
    }
  }

  /// The bits, or the operands.
  func values(of example: Int) -> [Int] {
    switch self {
    case .bits(let samples):
      (0..<samples.bits).map { unsafe Int(samples.inputs.base[example * samples.stride + $0]) }
    case .oneHot(let pairs), .embedding(let pairs, _): pairs.inputs(of: example)
    }
  }

  func label(of example: Int) -> Int {
    switch self {
    case .bits(let samples): unsafe Int(samples.labels.base[example])
    case .oneHot(let pairs), .embedding(let pairs, _): pairs.label(of: example)
    }
  }

  /// Writes the numbers of an example, and zeros up to `width`.
  @unsafe func write(
    _ example: Int, _ parameters: UnsafePointer<Float>, into row: UnsafeMutablePointer<Float>,
    width: Int
  ) {
    switch self {
    case .bits(let samples):
      unsafe row.update(from: samples.inputs.base + example * samples.stride, count: width)
    case .oneHot(let pairs):
      unsafe row.update(repeating: 0, count: width)
      unsafe row[Int(pairs.first.base[example])] = 1
      unsafe row[pairs.vocabulary + Int(pairs.second.base[example])] = 1
    case .embedding(let pairs, let width):
      // The table is the first tensor, which begins where the parameters do.
      unsafe row.update(
        from: parameters + Int(pairs.first.base[example]) * width, count: width)
      unsafe (row + width).update(
        from: parameters + Int(pairs.second.base[example]) * width, count: width)
    }
  }

  /// Adds 16 columns of the inputs' gradients to the rows of their tokens, in the order of the batch.
  @unsafe func collect(
    _ gradients: FloatStorage, of examples: UnsafePointer<Int32>, count: Int, column: Int,
    into table: UnsafeMutablePointer<Float>
  ) {
    guard case .embedding(let pairs, let width) = self else { return }
    for token in 0..<pairs.vocabulary {
      unsafe store(SIMD16<Float>(), table, token * width + column)
    }
    let (first, second) = unsafe (pairs.first.base, pairs.second.base)
    for row in 0..<count {
      let example = unsafe Int(examples[row])
      for half in 0..<2 {
        let token = unsafe Int(half == 0 ? first[example] : second[example])
        let gradient = unsafe load16(gradients.base, (2 * row + half) * width + column)
        let place = token * width + column
        unsafe store(load16(table, place) + gradient, table, place)
      }
    }
  }
}
