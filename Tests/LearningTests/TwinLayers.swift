import Foundation

/// A model to compare the one under test with: the same mathematics example by example in binary64,
/// without tables, blocks or fused operations, as in a textbook. Parameters are lists of row-major
/// tensors in SPEC.md's order.
protocol Twin {
  /// Shapes of the parameters, in order.
  var shapes: [[Int]] { get }
  func logits(_ parameters: [[Double]], _ inputs: [Int]) -> [Double]
  /// Adds `weight` times the gradient of the example's cross-entropy.
  func addGradient(
    _ parameters: [[Double]], _ example: LabelledExample, weight: Double,
    to gradient: inout [[Double]])
}

struct LabelledExample {
  /// Tokens or bits.
  let inputs: [Int]
  let label: Int
}

extension Twin {
  func meanLoss(_ parameters: [[Double]], _ batch: [LabelledExample]) -> Double {
    batch.reduce(0) { sum, example in
      sum + TwinLayers.crossEntropy(logits(parameters, example.inputs), label: example.label)
    } / Double(batch.count)
  }

  /// The share of examples whose largest logit is the label's.
  func accuracy(_ parameters: [[Double]], _ batch: [LabelledExample]) -> Double {
    let correct = batch.filter { example in
      let logits = logits(parameters, example.inputs)
      return logits.firstIndex(of: logits.max()!) == example.label
    }
    return Double(correct.count) / Double(batch.count)
  }

  /// The gradient of the mean loss.
  func gradient(_ parameters: [[Double]], _ batch: [LabelledExample]) -> [[Double]] {
    var gradient = parameters.map { [Double](repeating: 0, count: $0.count) }
    for example in batch {
      addGradient(parameters, example, weight: 1 / Double(batch.count), to: &gradient)
    }
    return gradient
  }
}

/// The parts of both twins.
enum TwinLayers {
  /// Some rows of W · x + b; W is [outputs, inputs].
  static func linear(_ weight: [Double], _ bias: [Double], rows: Range<Int>, _ x: [Double])
    -> [Double]
  {
    rows.map { row in
      var sum = bias[row]
      for i in x.indices { sum += weight[row * x.count + i] * x[i] }
      return sum
    }
  }

  /// Adds dW = dy ⊗ x and db = dy for some rows, and returns dx = Wᵀ · dy.
  static func linearBackward(
    _ weight: [Double], rows: Range<Int>, _ x: [Double], _ dy: [Double],
    weightGradient: inout [Double], biasGradient: inout [Double]
  ) -> [Double] {
    var dx = [Double](repeating: 0, count: x.count)
    for (row, slope) in zip(rows, dy) {
      biasGradient[row] += slope
      for i in x.indices {
        weightGradient[row * x.count + i] += slope * x[i]
        dx[i] += slope * weight[row * x.count + i]
      }
    }
    return dx
  }

  /// x̂ = (x − mean) / √(variance + 10⁻⁵), and the factor 1 / √….
  static func normalized(_ x: [Double]) -> (values: [Double], scale: Double) {
    let mean = x.reduce(0, +) / Double(x.count)
    let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count)
    let scale = 1 / (variance + 1e-5).squareRoot()
    return (x.map { ($0 - mean) * scale }, scale)
  }

  /// Adds the gradients of γ and β and returns that of the normalisation's input.
  static func normBackward(
    _ normalized: (values: [Double], scale: Double), gamma: [Double], _ dy: [Double],
    gammaGradient: inout [Double], betaGradient: inout [Double]
  ) -> [Double] {
    let u = multiplied(dy, gamma)
    let mean = u.reduce(0, +) / Double(u.count)
    let projection = multiplied(u, normalized.values).reduce(0, +) / Double(u.count)
    for i in dy.indices {
      gammaGradient[i] += dy[i] * normalized.values[i]
      betaGradient[i] += dy[i]
    }
    return u.indices.map {
      (u[$0] - mean - normalized.values[$0] * projection) * normalized.scale
    }
  }

  static func softmax(_ x: [Double]) -> [Double] {
    let largest = x.max()!
    let powers = x.map { exp($0 - largest) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }

  static func crossEntropy(_ logits: [Double], label: Int) -> Double {
    let largest = logits.max()!
    return log(logits.reduce(0) { $0 + exp($1 - largest) }) - (logits[label] - largest)
  }

  /// `weight` times the cross-entropy's gradient: softmax minus one at the label.
  static func crossEntropyBackward(_ logits: [Double], label: Int, weight: Double) -> [Double] {
    var gradient = softmax(logits)
    gradient[label] -= 1
    return gradient.map { $0 * weight }
  }

  static func added(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map { $0 + $1 } }
  static func multiplied(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map { $0 * $1 } }
}
