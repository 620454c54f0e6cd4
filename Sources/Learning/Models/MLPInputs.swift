internal import Catalogue
internal import DeterministicNumerics

/// The inputs of a perceptron.
enum MLPInputs {
  /// The bits of a sample, as 0 and 1.
  case bits(ParitySamples)
  /// 1 at each operand's place, 0 elsewhere.
  case oneHot(PairExamples)
  /// The two operands' rows of a table, side by side. The table is the first tensor.
  case embedding(PairExamples, width: Int)
}

// SAFETY throughout: examples are below the count; what is written to has the width of the first
// layer's inputs.

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

  /// The size of the embedding table, if there is one.
  var table: (tokens: Int, width: Int)? {
    switch self {
    case .bits, .oneHot: nil
    case .embedding(let pairs, let width): (pairs.vocabulary, width)
    }
  }

  /// The bits or operands of an example.
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

  /// Writes the inputs of an example to a row, and zeros up to the end of its last panel.
  @unsafe func write(
    _ example: Int, _ parameters: UnsafePointer<Float>, into rows: Rows, row: Int
  ) {
    switch self {
    case .bits(let samples):
      let source = unsafe samples.inputs.base + example * samples.stride
      for panel in 0..<rows.panelCount {
        unsafe store(load16(source, panel * 16), rows.row(row, column: panel * 16), 0)
      }
    case .oneHot(let pairs):
      for panel in 0..<rows.panelCount {
        unsafe store(SIMD16<Float>(), rows.row(row, column: panel * 16), 0)
      }
      let (first, second) = pairs.places(of: example)
      unsafe rows.row(row, column: first).pointee = 1
      unsafe rows.row(row, column: second).pointee = 1
    case .embedding(let pairs, let width):
      // The table is the first tensor, which begins where the parameters do.
      let first = unsafe parameters + Int(pairs.first.base[example]) * width
      let second = unsafe parameters + Int(pairs.second.base[example]) * width
      for column in stride(from: 0, to: width, by: 16) {
        unsafe store(load16(first, column), rows.row(row, column: column), 0)
        unsafe store(load16(second, column), rows.row(row, column: width + column), 0)
      }
    }
  }

  /// Adds 16 columns of the inputs' gradients to the rows of their tokens, in the order of the
  /// batch.
  @unsafe func collect(
    _ gradients: Rows, of examples: UnsafePointer<Int32>, count: Int, column: Int,
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
        unsafe RowUpdate.add(
          gradients.row(row, column: half * width + column), to: table + token * width + column,
          count: 16)
      }
    }
  }
}

extension PairExamples {
  /// The places of the two ones in an example's one-hot row.
  func places(of example: Int) -> (Int, Int) {
    unsafe (Int(first.base[example]), vocabulary + Int(second.base[example]))
  }
}
