internal import Catalogue
internal import DeterministicNumerics

// SAFETY throughout: offsets come from the layout of the block that the pointers point to. Rows are
// below the capacity that every buffer was made for. Parts that run at the same time write
// different rows, columns or tensors.

/// Linear layers with activations between them (SPEC.md, "The multilayer perceptron", "The
/// perceptron on pairs").
final class MLP: Network {
  let layout: ParameterLayout
  let capacity: Int
  let inputs: MLPInputs
  let layers: [Layer]
  /// Gradient of the first layer's inputs; empty if they are not parameters.
  let inputGradients: Rows
  let logitRows: FloatStorage
  let classCount: Int
  let logitStride: Int
  /// The examples, if their operands are looked up in the first weight: the inputs are one-hot, and
  /// all weights are finite. Else nil.
  private var lookedUp: PairExamples?
  /// The last bias with −∞ behind it, so that padded logits never count as a class.
  let lastBias: FloatStorage

  /// One linear layer, and what a batch leaves in it.
  struct Layer {
    let weight: PackedWeight
    let bias: Int?
    /// Inputs of the layer.
    let inputs: Rows
    /// The activation after the layer; empty for the last layer.
    let activation: HiddenActivation
    /// Gradient of the layer's outputs, before the activation. Unused for the last layer, whose
    /// gradient replaces the logits.
    let outputGradients: Rows
  }

  /// - Precondition: The width is a multiple of 16.
  init(
    _ sizes: [LinearLayer], activation: Activation, bias: Switch, tensors: [TensorShape],
    inputs: MLPInputs, capacity: Int
  ) {
    precondition(
      sizes.count > 1 && sizes[0].outputs % 16 == 0,
      "\(sizes.count - 1) hidden layers of width \(sizes[0].outputs) do not fit the kernels")
    self.inputs = inputs
    self.capacity = capacity
    classCount = sizes[sizes.count - 1].outputs
    logitStride = classCount.roundedUpTo16
    // The weight of a layer and its bias, if it has one, have the same initialisation.
    let tables = inputs.table == nil ? 0 : 1
    let perLayer = bias.isOn ? 2 : 1
    let layout = ParameterLayout(tensors) { index in
      index < tables
        ? .normal(scale: 1) : .linear(inputs: sizes[(index - tables) / perLayer].inputs)
    }
    self.layout = layout
    layers = sizes.enumerated().map { index, size in
      let rows = index < sizes.count - 1 ? capacity : 0
      let first = tables + index * perLayer
      return Layer(
        weight: PackedWeight(
          offset: layout.tensors[first].offset, outputs: size.outputs, inputs: size.inputs),
        bias: bias.isOn ? layout.tensors[first + 1].offset : nil,
        inputs: .panels(capacity, width: size.inputs),
        activation: HiddenActivation(activation, rows: rows, width: size.outputs),
        outputGradients: .panels(rows, width: size.outputs))
    }
    inputGradients = .panels(tables * capacity, width: sizes[0].inputs)
    logitRows = FloatStorage(count: capacity * logitStride)
    lastBias = FloatStorage(count: logitStride, repeating: -.infinity)
    // Adding −0 changes nothing.
    for column in 0..<classCount { unsafe lastBias.base[column] = -0.0 }
  }

  var trainCount: Int { inputs.trainCount }
  var exampleCount: Int { inputs.count }

  func inputs(of example: Int) -> [Int] { inputs.values(of: example) }
  func label(of example: Int) -> Int { inputs.label(of: example) }

  private var last: Int { layers.count - 1 }
}

// MARK: Forward

extension MLP {
  @unsafe func prepare(
    parameters: UnsafePointer<Float>, forTraining: Bool, _ workers: some Workers
  ) {
    workers.perform(layers.count) { index in
      let weight = layers[index].weight
      unsafe weight.packForward(parameters)
      if forTraining && (index > 0 || inputs.table != nil) {
        unsafe weight.packBackward(parameters)
      }
    }
    lookedUp = nil
    if case .oneHot(let pairs) = inputs, layers[0].weight.isFinite { lookedUp = pairs }
    if let bias = layers[last].bias {
      unsafe lastBias.base.update(from: parameters + bias, count: classCount)
    }
  }

  @unsafe func forward(
    _ rows: Range<Int>, of examples: UnsafePointer<Int32>, _ parameters: UnsafePointer<Float>,
    keepsSlopes: Bool
  ) {
    let first = rows.lowerBound
    if lookedUp == nil {
      for row in rows {
        unsafe inputs.write(Int(examples[row]), parameters, into: layers[0].inputs, row: row)
      }
    }
    for index in 0..<last {
      let layer = layers[index]
      let next = layers[index + 1].inputs
      let bias = unsafe layer.bias.map { unsafe parameters + $0 }
      if index == 0, let lookedUp {
        for row in rows {
          let (place0, place1) = lookedUp.places(of: unsafe Int(examples[row]))
          unsafe layer.weight.look(
            up: place0, place1, bias: bias, into: next.row(row), yStride: next.layout.panelStride)
        }
      } else {
        unsafe layer.weight.apply(
          layer.inputs.row(first), layer.inputs.layout, rows: rows.count, bias: bias,
          into: next.row(first), next.layout)
      }
      unsafe layer.activation.forward(next, rows, keepsSlopes: keepsSlopes)
    }
    // Whole panels are written: the columns behind the classes get 0 + (−∞).
    let layer = layers[last]
    unsafe layer.weight.apply(
      layer.inputs.row(first), layer.inputs.layout, rows: rows.count, columns: logitStride,
      bias: lastBias.base, into: logitRows.base + first * logitStride, .rowMajor(logitStride))
  }
}

// MARK: Backward

extension MLP {
  @unsafe func gatherGradient(
    of examples: UnsafePointer<Int32>, count: Int, parameters: UnsafePointer<Float>,
    into gradient: UnsafeMutablePointer<Float>, _ workers: some Workers
  ) {
    let pieces = layers.map { PackedWeight.slices(of: $0.weight.outputs) }
    let jobs = pieces.indices.flatMap { index in pieces[index].map { (index, $0) } }
    workers.perform(jobs.count) { job in
      let (index, slice) = jobs[job]
      if index == 0, let lookedUp {
        unsafe layers[0].weight.gradient(
          slice, dy: layers[0].outputGradients, depth: count,
          places: { lookedUp.places(of: unsafe Int(examples[$0])) }, into: gradient,
          bias: layers[0].bias)
      } else {
        unsafe parameterGradient(of: index, slice, count: count, into: gradient)
      }
    }
    if let table = inputs.table {
      workers.perform(table.width / 16) { column in
        unsafe inputs.collect(
          inputGradients, of: examples, count: count, column: column * 16,
          into: gradient + layout.tensors[0].offset)
      }
    }
  }

  @unsafe func backward(
    _ rows: Range<Int>, of examples: UnsafePointer<Int32>, _ parameters: UnsafePointer<Float>
  ) {
    let first = rows.lowerBound
    for index in stride(from: last, through: inputs.table == nil ? 1 : 0, by: -1) {
      let (source, layout) = unsafe outputGradients(of: index)
      let target = index == 0 ? inputGradients : layers[index - 1].outputGradients
      unsafe layers[index].weight.applyTransposed(
        source + layout.offset(row: first), layout, rows: rows.count, into: target.row(first),
        target.layout)
      if index > 0 { unsafe layers[index - 1].activation.backward(target, rows) }
    }
  }

  private func outputGradients(of index: Int) -> (UnsafePointer<Float>, PanelLayout) {
    guard index == last else {
      let rows = layers[index].outputGradients
      return unsafe (UnsafePointer(rows.base), rows.layout)
    }
    return unsafe (UnsafePointer(logitRows.base), .rowMajor(logitStride))
  }

  /// A slice of dW = dyᵀ · x, and of the bias's gradient.
  @unsafe private func parameterGradient(
    of index: Int, _ slice: Range<Int>, count: Int, into gradient: UnsafeMutablePointer<Float>
  ) {
    let layer = layers[index]
    let (source, layout) = unsafe outputGradients(of: index)
    unsafe layer.weight.gradient(
      slice, dy: source, layout, depth: count, x: layer.inputs.base, layer.inputs.layout,
      into: gradient, bias: layer.bias)
  }
}
