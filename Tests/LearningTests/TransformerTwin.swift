import Catalogue
import Foundation
import Learning

/// SPEC.md 1.8 and 1.9 in binary64: one post-norm encoder layer over two tokens, read at the
/// second.
struct TransformerTwin: Twin {
  let vocabulary: Int
  let width: Int
  let heads: Int
  let feedforward: Int
  let embedding: ModelSpec.TransformerSpec.Embedding

  /// Indices in the list of parameters; a bias follows its weight.
  private enum Place {
    static let embedding0 = 0
    static let embedding1 = 1
    static let inProjection = 2
    static let outProjection = 4
    static let linear1 = 6
    static let linear2 = 8
    static let norm1 = 10
    static let norm2 = 12
    static let norm = 14
    static let head = 16
  }

  var shapes: [[Int]] {
    let second = if case .shared = embedding { 2 } else { vocabulary }
    return [
      [vocabulary, width], [second, width], [3 * width, width], [3 * width], [width, width],
      [width], [feedforward, width], [feedforward], [width, feedforward], [width], [width], [width],
      [width], [width], [width], [width], [vocabulary, width], [vocabulary],
    ]
  }

  private var headWidth: Int { width / heads }
  private var queries: Range<Int> { 0..<width }
  private var keys: Range<Int> { width..<2 * width }
  private var values: Range<Int> { 2 * width..<3 * width }

  /// The rows of the two embedding tensors whose sum is the input at a position.
  private func rows(at position: Int, _ tokens: [Int]) -> [(tensor: Int, row: Int)] {
    switch embedding {
    case .shared: [(Place.embedding0, tokens[position]), (Place.embedding1, position)]
    case .perOperand: [(Place.embedding0 + position, tokens[position])]
    }
  }

  /// What the backward pass needs; lists of two have one entry per position.
  private struct Activations {
    var x: [[Double]]
    var query: [Double]
    var key: [[Double]]
    var value: [[Double]]
    /// Weights of the two positions for each head.
    var attention: [[Double]]
    var mixed: [Double]
    var norm1: (values: [Double], scale: Double)
    var hidden: [Double]
    var beforeGELU: [Double]
    var behindGELU: [Double]
    var norm2: (values: [Double], scale: Double)
    var norm: (values: [Double], scale: Double)
    var features: [Double]
    var logits: [Double]
  }

  private func forward(_ parameters: [[Double]], _ tokens: [Int]) -> Activations {
    func linear(_ place: Int, _ rows: Range<Int>, _ x: [Double]) -> [Double] {
      TwinLayers.linear(parameters[place], parameters[place + 1], rows: rows, x)
    }
    func scaled(_ normalized: [Double], _ place: Int) -> [Double] {
      TwinLayers.added(
        TwinLayers.multiplied(normalized, parameters[place]), parameters[place + 1])
    }
    let x = (0..<2).map { position in
      rows(at: position, tokens).reduce([Double](repeating: 0, count: width)) { sum, place in
        let start = place.row * width
        return TwinLayers.added(sum, Array(parameters[place.tensor][start..<start + width]))
      }
    }
    let query = linear(Place.inProjection, queries, x[1])
    let key = x.map { linear(Place.inProjection, keys, $0) }
    let value = x.map { linear(Place.inProjection, values, $0) }
    let attention = (0..<heads).map { head in
      let columns = head * headWidth..<(head + 1) * headWidth
      return TwinLayers.softmax(
        key.map { key in
          columns.reduce(0) { $0 + query[$1] * key[$1] } / Double(headWidth).squareRoot()
        })
    }
    let mixed = (0..<width).map {
      let weights = attention[$0 / headWidth]
      return weights[0] * value[0][$0] + weights[1] * value[1][$0]
    }
    let norm1 = TwinLayers.normalized(
      TwinLayers.added(linear(Place.outProjection, 0..<width, mixed), x[1]))
    let hidden = scaled(norm1.values, Place.norm1)
    let beforeGELU = linear(Place.linear1, 0..<feedforward, hidden)
    let behindGELU = beforeGELU.map { $0 * normalDistribution($0) }
    let norm2 = TwinLayers.normalized(
      TwinLayers.added(linear(Place.linear2, 0..<width, behindGELU), hidden))
    let norm = TwinLayers.normalized(scaled(norm2.values, Place.norm2))
    let features = scaled(norm.values, Place.norm)
    return Activations(
      x: x, query: query, key: key, value: value, attention: attention, mixed: mixed, norm1: norm1,
      hidden: hidden, beforeGELU: beforeGELU, behindGELU: behindGELU, norm2: norm2, norm: norm,
      features: features, logits: linear(Place.head, 0..<vocabulary, features))
  }

  func logits(_ parameters: [[Double]], _ inputs: [Int]) -> [Double] {
    forward(parameters, inputs).logits
  }

  func addGradient(
    _ parameters: [[Double]], _ example: LabelledExample, weight: Double,
    to gradient: inout [[Double]]
  ) {
    let tokens = example.inputs
    let forward = forward(parameters, tokens)
    func linearBackward(_ place: Int, _ rows: Range<Int>, _ x: [Double], _ dy: [Double])
      -> [Double]
    {
      var (dw, db) = (taken(&gradient[place]), taken(&gradient[place + 1]))
      defer { (gradient[place], gradient[place + 1]) = (dw, db) }
      return TwinLayers.linearBackward(
        parameters[place], rows: rows, x, dy, weightGradient: &dw, biasGradient: &db)
    }
    func normBackward(_ place: Int, _ normalized: (values: [Double], scale: Double), _ dy: [Double])
      -> [Double]
    {
      var (dGamma, dBeta) = (taken(&gradient[place]), taken(&gradient[place + 1]))
      defer { (gradient[place], gradient[place + 1]) = (dGamma, dBeta) }
      return TwinLayers.normBackward(
        normalized, gamma: parameters[place], dy, gammaGradient: &dGamma, betaGradient: &dBeta)
    }

    let dLogits = TwinLayers.crossEntropyBackward(
      forward.logits, label: example.label, weight: weight)
    let dFeatures = linearBackward(Place.head, 0..<vocabulary, forward.features, dLogits)
    let dEncoded = normBackward(Place.norm, forward.norm, dFeatures)
    let dSum2 = normBackward(Place.norm2, forward.norm2, dEncoded)
    let dBehindGELU = linearBackward(Place.linear2, 0..<width, forward.behindGELU, dSum2)
    let dBeforeGELU = zip(dBehindGELU, forward.beforeGELU).map { dy, x in
      dy * (normalDistribution(x) + x * exp(-x * x / 2) / (2 * Double.pi).squareRoot())
    }
    let dHidden = TwinLayers.added(
      linearBackward(Place.linear1, 0..<feedforward, forward.hidden, dBeforeGELU), dSum2)
    let dSum1 = normBackward(Place.norm1, forward.norm1, dHidden)
    let dMixed = linearBackward(Place.outProjection, 0..<width, forward.mixed, dSum1)

    var dQuery = [Double](repeating: 0, count: width)
    var dKey = [dQuery, dQuery]
    var dValue = [dQuery, dQuery]
    for head in 0..<heads {
      let columns = head * headWidth..<(head + 1) * headWidth
      let weights = forward.attention[head]
      let slopes = forward.value.map { value in
        columns.reduce(0) { $0 + dMixed[$1] * value[$1] }
      }
      let mean = weights[0] * slopes[0] + weights[1] * slopes[1]
      for position in 0..<2 {
        let dScore = weights[position] * (slopes[position] - mean) / Double(headWidth).squareRoot()
        for column in columns {
          dQuery[column] += dScore * forward.key[position][column]
          dKey[position][column] = dScore * forward.query[column]
          dValue[position][column] = weights[position] * dMixed[column]
        }
      }
    }

    var dx = (0..<2).map { position in
      TwinLayers.added(
        linearBackward(Place.inProjection, keys, forward.x[position], dKey[position]),
        linearBackward(Place.inProjection, values, forward.x[position], dValue[position]))
    }
    dx[1] = TwinLayers.added(
      TwinLayers.added(dx[1], linearBackward(Place.inProjection, queries, forward.x[1], dQuery)),
      dSum1)
    for position in 0..<2 {
      for place in rows(at: position, tokens) {
        for i in 0..<width { gradient[place.tensor][place.row * width + i] += dx[position][i] }
      }
    }
  }

  /// Φ.
  private func normalDistribution(_ x: Double) -> Double { (1 + erf(x / 2.0.squareRoot())) / 2 }

  /// Moves an array out, so that it can be changed without a copy.
  private func taken(_ array: inout [Double]) -> [Double] {
    var result: [Double] = []
    swap(&result, &array)
    return result
  }
}
