public import Catalogue
internal import DeterministicNumerics

// SAFETY throughout: every block has the layout's storage count; examples and results have the
// count of examples, and each call of the network takes at most its capacity.

/// A model in training: parameters, optimizer state and the step reached. The results depend only
/// on the arguments of `init`, not on the workers.
public final class Trainer {
  /// The last step taken; −1 before the first. Steps count from 0.
  public private(set) var step = -1

  /// The smallest number of rows that a model has room for.
  public static let leastCapacity = 512

  private let seed: UInt64
  private let sampling: Sampling
  private var course: InterventionCourse
  /// V = ‖θ‖² before the first update, after the interventions that act before it. If those make a
  /// parameter not finite, it is V before them.
  public private(set) var initialSquaredNorm = 0.0
  /// Whether the parameters are finite after the last intervention or hold.
  private var isFinite = true
  private let network: AnyNetwork
  private let layout: ParameterLayout
  private let pieces: [UpdatePiece]
  private let parameters: FloatStorage
  private let gradient: FloatStorage
  /// One block for each moment of the optimizer.
  private let moments: [FloatStorage]
  private let batchExamples: Storage<Int32>
  /// 0, 1, 2, …: the examples in order, for evaluation.
  private let allExamples: Storage<Int32>
  private let losses: FloatStorage
  private let verdicts: Storage<Verdict>

  /// - Precondition: The model can learn the task, and their values fit together. A full batch has
  ///   all training examples.
  public init(
    seed: UInt64, task: TaskSpec, model: ModelSpec, loss: LossSpec = LossSpec(),
    optimizer: OptimizerSpec, schedule: RateSchedule = .constant, batch: Int,
    sampling: Sampling = .withReplacement, interventions: [Intervention] = []
  ) {
    precondition(batch > 0, "a batch of \(batch)")
    guard let pairing = Pairing(task: task, model: model) else {
      preconditionFailure("\(model.name.rawValue) cannot learn \(task.name.rawValue)")
    }
    self.seed = seed
    self.sampling = sampling
    course = InterventionCourse(
      optimizer: optimizer, schedule: schedule, loss: loss, batch: batch, interventions)
    let batch = course.largestBatch
    network = AnyNetwork(pairing, seed: seed, capacity: max(batch, Self.leastCapacity))
    layout = network.layout
    pieces = UpdatePiece.all(of: layout, for: optimizer)
    parameters = FloatStorage(count: layout.storageCount)
    gradient = FloatStorage(count: layout.storageCount)
    moments = optimizer.momentNames.map { [layout] _ in FloatStorage(count: layout.storageCount) }
    batchExamples = Storage(count: batch, repeating: 0)
    let count = network.exampleCount
    allExamples = Storage(count: count, repeating: 0)
    for example in 0..<count { unsafe allExamples.base[example] = Int32(example) }
    losses = FloatStorage(count: max(count, batch))
    verdicts = Storage(count: count, repeating: Verdict())
    unsafe layout.initialize(parameters.base, seed: seed)
    initialSquaredNorm = squaredNorm()
    if course.hasMore(at: 0) {
      intervene(before: 0)
      if isFinite { initialSquaredNorm = squaredNorm() }
    }
  }
}

// MARK: Training

extension Trainer {
  /// Takes the next step and returns the mean loss of its batch before the update. A loss that is
  /// not finite means that the run has diverged. It is NaN if an intervention makes a parameter not
  /// finite.
  public func advance(_ workers: some Workers) -> Double {
    guard begin() else { return .nan }
    let batch = course.batch
    switch sampling {
    case .withReplacement:
      var stream = RandomStream(seed: seed, purpose: .batch, index: UInt32(step + 1))
      let bound = UInt32(network.trainCount)
      for row in 0..<batch {
        unsafe batchExamples.base[row] = Int32(stream.nextInteger(below: bound))
      }
    case .full:
      for row in 0..<batch { unsafe batchExamples.base[row] = Int32(row) }
    }
    return learnBatch(workers)
  }

  /// Takes the next step on these examples instead of its own batch.
  package func advance(on examples: [Int], _ workers: some Workers) -> Double {
    guard begin() else { return .nan }
    let batch = course.batch
    precondition(examples.count == batch, "\(examples.count) examples for a batch of \(batch)")
    for (row, example) in examples.enumerated() {
      precondition(example >= 0 && example < exampleCount, "there is no example \(example)")
      unsafe batchExamples.base[row] = Int32(example)
    }
    return learnBatch(workers)
  }

  /// Performs the interventions before the next step. Returns whether the step can be taken.
  private func begin() -> Bool {
    if course.hasMore(at: step + 1) { intervene(before: step + 1) }
    if !isFinite { step += 1 }
    return isFinite
  }

  private func learnBatch(_ workers: some Workers) -> Double {
    let batch = course.batch
    unsafe network.gradient(
      of: batchExamples.base, count: batch, share: 1 / Float(batch), parameters: parameters.base,
      into: gradient.base, losses: losses.base, by: Loss(course.loss), workers)
    step += 1
    update(workers)
    if let held = course.heldSquaredNorm(at: step) {
      scale(.all, by: Float((held / squaredNorm()).squareRoot()))
      guard isFinite else { return .nan }
    }
    return sumOfLosses(0..<batch) / Double(batch)
  }

  private func update(_ workers: some Workers) {
    let rate = course.schedule.factor(update: step + 1)
    let update = OptimizerUpdate(course.optimizer.scaled(by: rate), update: step + 1)
    workers.perform(pieces.count) { index in
      unsafe update.apply(
        pieces[index], parameters: parameters.base, gradient: gradient.base, moments: moments)
    }
  }
}

// MARK: Interventions

extension Trainer {
  private func intervene(before step: Int) {
    while isFinite, let intervention = course.takeNext(at: step) {
      switch intervention.action {
      case .set, .hold: break
      case .scale(let tensors, let factor): scale(tensors, by: Float(factor))
      case .perturb(let name, let element, let ulps):
        for tensor in layout.tensors where tensor.name.isSame(as: name) {
          precondition(element < tensor.count, "\(name) has \(tensor.count) elements")
          let place = tensor.offset + element
          let moved = unsafe parameters.base[place].moved(ulps: ulps)
          unsafe parameters.base[place] = moved ?? .nan
          isFinite = moved != nil
        }
      }
    }
  }

  private func scale(_ chosen: Intervention.Tensors, by factor: Float) {
    for tensor in layout.tensors where chosen.contains(tensor.name) {
      for place in tensor.offset..<tensor.offset + tensor.count {
        unsafe parameters.base[place] *= factor
      }
    }
    // The sum of squares of finite binary32 numbers is finite in binary64.
    isFinite = squaredNorm().isFinite
  }
}

extension Float {
  /// The value `ulps` places further in IEEE 754's totalOrder; nil if that is not finite.
  fileprivate func moved(ulps: Int) -> Float? {
    let isNegative = bitPattern >> 31 != 0
    let place = isNegative ? ~Int64(bitPattern & 0x7fff_ffff) : Int64(bitPattern)
    let next = place + Int64(ulps)
    guard abs(next) <= 0x7fff_ffff else { return nil }
    let value = Float(bitPattern: next >= 0 ? UInt32(next) : 0x8000_0000 | UInt32(~next))
    return value.isFinite ? value : nil
  }
}

// MARK: Measuring

extension Trainer {
  /// Loss and accuracy on the whole training and validation sets.
  public func evaluate(_ workers: some Workers) -> Evaluation {
    unsafe network.prepare(parameters: parameters.base, workers)
    var first = 0
    while first < network.exampleCount {
      let count = min(network.capacity, network.exampleCount - first)
      unsafe network.losses(
        of: allExamples.base + first, count: count, parameters: parameters.base,
        into: losses.base + first, verdicts: verdicts.base + first, by: Loss(course.loss), workers)
      first += count
    }
    let (trainLoss, trainAccuracy) = means(0..<network.trainCount)
    let (validationLoss, validationAccuracy) = means(network.trainCount..<network.exampleCount)
    let training = 0..<network.trainCount
    return Evaluation(
      trainLoss: trainLoss, trainAccuracy: trainAccuracy, validationLoss: validationLoss,
      validationAccuracy: validationAccuracy,
      collapsedShare: share(of: training) { unsafe verdicts.base[$0].isCollapsed },
      zeroLossShare: share(of: training) { unsafe losses.base[$0] == 0 })
  }

  private func share(of examples: Range<Int>, _ holds: (Int) -> Bool) -> Double {
    var count = 0
    for example in examples where holds(example) { count += 1 }
    return Double(count) / Double(examples.count)
  }

  /// The values that a column logs after the last step.
  ///
  /// - Parameter evaluation: The result of `evaluate` now.
  public func values(
    of column: LogColumn, _ evaluation: Evaluation, _ workers: some Workers
  ) -> [Double] {
    switch column {
    case .squaredNorms:
      layout.tensors.map { unsafe squaredNorm(of: $0, in: parameters.base) }
    case .batchGradient: [squaredNorm(of: gradient)]
    case .fullGradient: [squaredNorm(of: fullGradient(workers))]
    case .softmaxCollapse: [evaluation.collapsedShare]
    case .zeroLoss: [evaluation.zeroLossShare]
    }
  }

  /// The examples that go through the network together for the gradient over the training set.
  private static let pieceOfTraining = 512

  /// The gradient of the mean loss of the training set (SPEC.md 1.20).
  private func fullGradient(_ workers: some Workers) -> FloatStorage {
    let sum = FloatStorage(count: layout.storageCount)
    let piece = FloatStorage(count: layout.storageCount)
    let count = network.trainCount
    precondition(Self.pieceOfTraining <= network.capacity, "a piece is no batch")
    for first in stride(from: 0, to: count, by: Self.pieceOfTraining) {
      unsafe network.gradient(
        of: allExamples.base + first, count: min(Self.pieceOfTraining, count - first),
        share: 1 / Float(count), parameters: parameters.base, into: piece.base,
        losses: losses.base, by: Loss(course.loss), workers)
      unsafe RowUpdate.add(piece.base, to: sum.base, count: layout.storageCount)
    }
    return sum
  }

  private func means(_ range: Range<Int>) -> (loss: Double, accuracy: Double) {
    let accuracy = share(of: range) { unsafe verdicts.base[$0].isCorrect }
    return (sumOfLosses(range) / Double(range.count), accuracy)
  }

  /// A row sum in binary64.
  private func sumOfLosses(_ range: Range<Int>) -> Double {
    var lanes = SIMD16<Double>()
    for (place, example) in range.enumerated() {
      unsafe lanes[place & 15] += Double(losses.base[example])
    }
    return lanes.treeSum
  }

  /// The number of logits of an example.
  public var classCount: Int { network.classCount }

  /// The logits that `evaluate` judges by: a row of `classCount` for every example, in order. Does
  /// not change the training.
  public func logits(_ workers: some Workers) -> [Float] {
    unsafe network.prepare(parameters: parameters.base, workers)
    let classes = network.classCount
    let (examples, capacity) = (network.exampleCount, network.capacity)
    return unsafe Array(unsafeUninitializedCapacity: examples * classes) { buffer, filled in
      unsafe buffer.initialize(repeating: 0)
      var first = 0
      while first < examples {
        let count = min(capacity, examples - first)
        unsafe network.logits(
          of: allExamples.base + first, count: count, parameters: parameters.base,
          into: buffer.baseAddress! + first * classes, workers)
        first += count
      }
      filled = examples * classes
    }
  }

  /// V = ‖θ‖² in binary64: a row sum of squares for each tensor, added in the order of the tensors.
  public func squaredNorm() -> Double { squaredNorm(of: parameters) }

  private func squaredNorm(of block: FloatStorage) -> Double {
    var sum = 0.0
    for tensor in layout.tensors { unsafe sum += squaredNorm(of: tensor, in: block.base) }
    return sum
  }

  @unsafe private func squaredNorm(
    of tensor: ParameterLayout.Tensor, in block: UnsafePointer<Float>
  ) -> Double {
    unsafe RowSum.sumOfSquares(block + tensor.offset, count: tensor.count)
  }
}

// MARK: Examples

extension Trainer {
  /// The training set has the numbers 0 ..< `trainCount`. The validation set follows.
  public var trainCount: Int { network.trainCount }
  public var exampleCount: Int { network.exampleCount }

  /// The operands or bits of an example.
  public func inputs(of example: Int) -> [Int] {
    precondition(example >= 0 && example < exampleCount, "there is no example \(example)")
    return network.inputs(of: example)
  }
}

// MARK: State

extension Trainer {
  public var tensorCount: Int { layout.tensors.count }
  /// The name in a PyTorch state_dict.
  public func tensorName(_ tensor: Int) -> String { layout.tensors[tensor].name }
  public func tensorShape(_ tensor: Int) -> [Int] { layout.tensors[tensor].shape }
  public var momentCount: Int { moments.count }
  /// The name in PyTorch's optimizer state.
  public func momentName(_ moment: Int) -> String { course.optimizer.momentNames[moment] }

  /// The values of a parameter tensor, row-major.
  public func parameterValues(_ tensor: Int) -> [Float] { values(of: tensor, in: parameters) }
  public func momentValues(_ moment: Int, _ tensor: Int) -> [Float] {
    values(of: tensor, in: moments[moment])
  }
  /// The gradient of the last batch.
  public func gradientValues(_ tensor: Int) -> [Float] { values(of: tensor, in: gradient) }

  /// Makes `step` the last step taken. Parameters and moments are set separately.
  public func restore(step: Int) {
    self.step = step
    course.restore(step: step)
    isFinite = true
  }
  public func setParameter(_ tensor: Int, _ values: [Float]) {
    set(tensor, in: parameters, to: values)
  }
  public func setMoment(_ moment: Int, _ tensor: Int, _ values: [Float]) {
    set(tensor, in: moments[moment], to: values)
  }

  private func values(of index: Int, in storage: FloatStorage) -> [Float] {
    let tensor = layout.tensors[index]
    return unsafe Array(
      UnsafeBufferPointer(start: storage.base + tensor.offset, count: tensor.count))
  }

  private func set(_ index: Int, in storage: FloatStorage, to values: [Float]) {
    let tensor = layout.tensors[index]
    precondition(
      values.count == tensor.count, "\(values.count) values for a tensor of \(tensor.count)")
    for (i, value) in values.enumerated() { unsafe storage.base[tensor.offset + i] = value }
  }
}
