/// SPEC.md 1.10 in binary64.
struct MLPTwin: Twin {
  let bits: Int
  let width: Int
  let hiddenLayers: Int

  var shapes: [[Int]] {
    (0...hiddenLayers).flatMap { layer in
      let outputs = layer == hiddenLayers ? 2 : width
      return [[outputs, layer == 0 ? bits : width], [outputs]]
    }
  }

  /// The outputs of each layer before the ReLU; those of the last are the logits.
  func outputs(_ parameters: [[Double]], _ inputs: [Int]) -> [[Double]] {
    var x = inputs.map { Double($0) }
    return (0...hiddenLayers).map { layer in
      let bias = parameters[2 * layer + 1]
      let y = TwinLayers.linear(parameters[2 * layer], bias, rows: bias.indices, x)
      x = y.map { max($0, 0) }
      return y
    }
  }

  func logits(_ parameters: [[Double]], _ inputs: [Int]) -> [Double] {
    outputs(parameters, inputs)[hiddenLayers]
  }

  func addGradient(
    _ parameters: [[Double]], _ example: LabelledExample, weight: Double,
    to gradient: inout [[Double]]
  ) {
    let outputs = outputs(parameters, example.inputs)
    var dy = TwinLayers.crossEntropyBackward(
      outputs[hiddenLayers], label: example.label, weight: weight)
    for layer in (0...hiddenLayers).reversed() {
      let x =
        layer == 0 ? example.inputs.map { Double($0) } : outputs[layer - 1].map { max($0, 0) }
      var (dw, db) = (gradient[2 * layer], gradient[2 * layer + 1])
      let dx = TwinLayers.linearBackward(
        parameters[2 * layer], rows: dy.indices, x, dy, weightGradient: &dw, biasGradient: &db)
      (gradient[2 * layer], gradient[2 * layer + 1]) = (dw, db)
      dy = zip(dx, x).map { $1 > 0 ? $0 : 0 }
    }
  }
}
