internal import Catalogue
internal import DeterministicNumerics

// SAFETY throughout: offsets come from the layout of the very block the pointers point to; rows are below the capacity
// that every buffer was made for. Parts that run at the same time write different rows or tensors.

/// Linear layers with ReLU between them, two logits at the end (SPEC.md, "The multilayer perceptron").
final class MLP: Network {
  let layout: ParameterLayout
  let capacity: Int
  let examples: ParitySamples
  let layers: [Layer]
  /// Gradients of the inputs of each layer but the first; then the logits.
  let logits: FloatStorage
  /// The last bias with −∞ behind it, so that padded logits are no class.
  let lastBias: FloatStorage

  static let classes = TaskSpec.SparseParityTask.classCount
  private static let logitStride = 16

  /// One linear layer and what a batch leaves behind there.
  struct Layer {
    let weight: PackedWeight
    let bias: Int
    /// Into the layer.
    let inputs: PanelRows
    /// Gradient of the layer's outputs, before the ReLU behind it; unused for the last, which has the logits.
    let outputGradients: FloatStorage
  }

  /// - Precondition: The width is a multiple of 16.
  init(_ model: ModelSpec.MLPSpec, examples: ParitySamples, capacity: Int) {
    let (width, hiddenLayers) = (model.width, model.hiddenLayers)
    precondition(
      width % 16 == 0 && hiddenLayers > 0,
      "\(hiddenLayers) hidden layers of width \(width) do not fit the kernels")
    self.examples = examples
    self.capacity = capacity
    let sizes = model.layers(inputs: examples.bits, classes: Self.classes)
    // Each layer has a weight and a bias, which begin alike.
    let layout = ParameterLayout(
      model.tensors(inputs: examples.bits, classes: Self.classes)
    ) { .linear(inputs: sizes[$0 / 2].inputs) }
    self.layout = layout
    layers = sizes.enumerated().map { index, size in
      Layer(
        weight: PackedWeight(
          offset: layout.tensors[2 * index].offset, outputs: size.outputs, inputs: size.inputs,
          capacity: capacity),
        bias: layout.tensors[2 * index + 1].offset,
        inputs: PanelRows(capacity: capacity, width: size.inputs),
        outputGradients: FloatStorage(count: index < hiddenLayers ? capacity * width : 0))
    }
    logits = FloatStorage(count: capacity * Self.logitStride)
    lastBias = FloatStorage(count: Self.logitStride, repeating: -.infinity)
  }

  var trainCount: Int { examples.trainCount }
  var exampleCount: Int { examples.count }

  func inputs(of example: Int) -> [Int] {
    (0..<examples.bits).map { unsafe Int(examples.inputs.base[example * examples.stride + $0]) }
  }

  private var last: Int { layers.count - 1 }
}

// MARK: Forward

extension MLP {
  @unsafe func prepare(parameters: UnsafePointer<Float>, _ workers: some Workers) {
    unsafe prepare(parameters: parameters, forTraining: false, workers)
  }

  @unsafe private func prepare(
    parameters: UnsafePointer<Float>, forTraining: Bool, _ workers: some Workers
  ) {
    workers.perform(layers.count) { index in
      let weight = layers[index].weight
      unsafe weight.packForward(parameters)
      if forTraining && index > 0 { unsafe weight.packBackward(parameters) }
    }
    for column in 0..<Self.classes {
      unsafe lastBias.base[column] = parameters[layers[last].bias + column]
    }
  }

  @unsafe func losses(
    of examples: UnsafePointer<Int32>, count: Int, parameters: UnsafePointer<Float>,
    into losses: UnsafeMutablePointer<Float>, correct: UnsafeMutablePointer<Int32>,
    _ workers: some Workers
  ) {
    workers.perform(blockCount(count)) { block in
      let first = block * rowsPerBlock
      let rows = unsafe forward(first..<min(first + rowsPerBlock, count), of: examples, parameters)
      for row in rows {
        let label = unsafe Int(self.examples.labels.base[Int(examples[row])])
        let result = unsafe CrossEntropy.forward(
          logits.base + row * Self.logitStride, count: Self.logitStride, label: label)
        unsafe losses[row] = result.loss
        unsafe correct[row] = result.isCorrect ? 1 : 0
      }
    }
  }

  var classCount: Int { Self.classes }

  @unsafe func logits(
    of examples: UnsafePointer<Int32>, count: Int, parameters: UnsafePointer<Float>,
    into logits: UnsafeMutablePointer<Float>, _ workers: some Workers
  ) {
    workers.perform(blockCount(count)) { block in
      let first = block * rowsPerBlock
      let rows = unsafe forward(first..<min(first + rowsPerBlock, count), of: examples, parameters)
      for row in rows {
        unsafe (logits + row * Self.classes).update(
          from: self.logits.base + row * Self.logitStride, count: Self.classes)
      }
    }
  }

  @unsafe private func forward(
    _ rows: Range<Int>, of examples: UnsafePointer<Int32>, _ parameters: UnsafePointer<Float>
  ) -> Range<Int> {
    let input = layers[0].inputs
    for row in rows {
      let source = unsafe self.examples.inputs.base + Int(examples[row]) * self.examples.stride
      for i in stride(from: 0, to: input.width, by: 16) {
        unsafe store(load16(source, i), input.rows.base, row * input.width + i)
      }
    }
    for index in 0..<last {
      let layer = layers[index]
      let next = layers[index + 1].inputs
      let output = unsafe next.rows.base + rows.lowerBound * next.width
      unsafe layer.weight.apply(
        layer.inputs.rows.base + rows.lowerBound * layer.inputs.width,
        xRowStride: layer.inputs.width, rows: rows.count, bias: parameters + layer.bias,
        into: output, yRowStride: next.width)
      for i in stride(from: 0, to: rows.count * next.width, by: 16) {
        let value = unsafe load16(output, i)
        unsafe store(value.replacing(with: 0, where: .!(value .> 0)), output, i)
      }
    }
    // A full panel is written: behind the classes stands 0 + (−∞).
    let layer = layers[last]
    unsafe Panels.multiply(
      layer.inputs.rows.base + rows.lowerBound * layer.inputs.width,
      rowStride: layer.inputs.width, rows: rows.count, depth: layer.weight.inputs,
      panels: layer.weight.forward.base, panelStride: layer.weight.forwardPanelStride,
      columns: Self.logitStride, bias: lastBias.base,
      into: logits.base + rows.lowerBound * Self.logitStride, cRowStride: Self.logitStride)
    return rows
  }
}

// MARK: Backward

extension MLP {
  @unsafe func gradient(
    of examples: UnsafePointer<Int32>, count: Int, parameters: UnsafePointer<Float>,
    into gradient: UnsafeMutablePointer<Float>, losses: UnsafeMutablePointer<Float>,
    _ workers: some Workers
  ) {
    unsafe prepare(parameters: parameters, forTraining: true, workers)
    let weight = 1 / Float(count)
    workers.perform(blockCount(count)) { block in
      let first = block * rowsPerBlock
      let rows = unsafe forward(first..<min(first + rowsPerBlock, count), of: examples, parameters)
      for row in rows {
        let label = unsafe Int(self.examples.labels.base[Int(examples[row])])
        let logits = unsafe self.logits.base + row * Self.logitStride
        let result = unsafe CrossEntropy.forward(logits, count: Self.logitStride, label: label)
        unsafe losses[row] = result.loss
        unsafe CrossEntropy.backward(
          logits, count: Self.logitStride, label: label, sum: result.sum, weight: weight)
      }
      unsafe backward(rows)
    }
    let pieces = layers.map { WeightGradient.slices(of: $0.weight.outputs) }
    let jobs = pieces.indices.flatMap { index in pieces[index].map { (index, $0) } }
    workers.perform(jobs.count) { job in
      unsafe parameterGradient(of: jobs[job].0, jobs[job].1, count: count, into: gradient)
    }
  }

  @unsafe private func backward(_ rows: Range<Int>) {
    for layer in layers { unsafe layer.inputs.pack(rows) }
    for index in stride(from: last, to: 0, by: -1) {
      let (source, sourceStride) = outputGradients(of: index)
      let weight = layers[index].weight
      let target = unsafe layers[index - 1].outputGradients.base + rows.lowerBound * weight.inputs
      unsafe weight.applyTransposed(
        source.base + rows.lowerBound * sourceStride, dyRowStride: sourceStride, rows: rows.count,
        into: target, dxRowStride: weight.inputs)
      // ReLU's slope is 1 where its output is above zero, else 0.
      let outputs = unsafe layers[index].inputs.rows.base + rows.lowerBound * weight.inputs
      for i in stride(from: 0, to: rows.count * weight.inputs, by: 16) {
        let slope = unsafe load16(target, i)
        unsafe store(slope.replacing(with: 0, where: .!(load16(outputs, i) .> 0)), target, i)
      }
    }
  }

  private func outputGradients(of index: Int) -> (FloatStorage, stride: Int) {
    index == last
      ? (logits, Self.logitStride) : (layers[index].outputGradients, layers[index].weight.outputs)
  }

  /// Rows of dW = dyᵀ · x, and their biases.
  @unsafe private func parameterGradient(
    of index: Int, _ rows: Range<Int>, count: Int, into gradient: UnsafeMutablePointer<Float>
  ) {
    let layer = layers[index]
    let (outputs, outputStride) = outputGradients(of: index)
    unsafe layer.weight.gradient.compute(
      rows, dy: outputs.base, dyRowStride: outputStride, depth: count,
      x: layer.inputs.panels.base, xPanelStride: layer.inputs.panelStride,
      columns: layer.weight.inputs, into: gradient + layer.weight.offset)
    unsafe ColumnSum.sum(
      outputs.base + rows.lowerBound, rowStride: outputStride, rows: count, columns: rows.count,
      into: gradient + layer.bias + rows.lowerBound)
  }
}
