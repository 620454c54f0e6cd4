private import Catalogue
package import RunRecords

extension RunSpec {
  /// A random spec that a config can have, with numbers of every size.
  package static func random(using random: inout SplitMix64) -> RunSpec {
    /// A positive number whose exponent is as random as its digits.
    func positive(_ most: Double) -> Double {
      while true {
        let value = Double(bitPattern: random.next() >> 1)
        if value.isFinite && value > 0 && value <= most { return value }
      }
    }
    func oneOf(_ most: Int) -> Int { Int.random(in: 1...most, using: &random) }
    func either<Name: CaseIterable>(_: Name.Type) -> Name {
      Name.allCases.randomElement(using: &random)!
    }
    let fraction = Double.random(in: 0.2..<0.9, using: &random)
    let task: TaskSpec
    switch either(TaskName.self) {
    case .modularAddition, .modularMultiplication:
      task = .modular(
        .init(
          operation: Bool.random(using: &random) ? .addition : .multiplication,
          modulus: Int.random(in: 3...1021, using: &random), trainFraction: fraction))
    case .modularOperation:
      task = .modularOperation(
        .init(
          operation: either(TaskSpec.ModularOperationTask.Operation.self),
          modulus: [5, 97, 1021].randomElement(using: &random)!, trainFraction: fraction))
    case .permutations:
      task = .permutations(
        .init(
          operation: either(TaskSpec.PermutationTask.Operation.self),
          degree: Int.random(in: 3...5, using: &random), trainFraction: fraction))
    case .sparseParity:
      let bits = oneOf(256)
      task = .sparseParity(
        .init(
          bits: bits, relevantBits: oneOf(bits), trainSamples: oneOf(200_000),
          validationSamples: oneOf(200_000)))
    }
    let model: ModelSpec
    switch task.models.randomElement(using: &random)! {
    case .transformer:
      let heads = oneOf(8)
      var transformer = ModelSpec.TransformerSpec(
        embedding: Bool.random(using: &random) ? .shared : .perOperand,
        width: 16 * heads * oneOf(4), heads: heads, feedforward: 16 * oneOf(256),
        embeddingScale: positive(1e6))
      transformer.layers = oneOf(8)
      transformer.norm = either(ModelSpec.TransformerSpec.Norm.self)
      transformer.activation = either(Activation.self)
      transformer.finalNorm = either(Switch.self)
      model = .transformer(transformer)
    case .mlp: model = .mlp(.init(width: 16 * oneOf(32), hiddenLayers: oneOf(64)))
    case .pairMLP:
      model = .pairMLP(
        .init(
          width: 16 * oneOf(32), hiddenLayers: oneOf(64),
          input: either(ModelSpec.PairMLPSpec.Input.self), activation: either(Activation.self),
          bias: either(Switch.self)))
    }
    let rate = positive(1)
    let optimizer: OptimizerSpec =
      switch OptimizerName.allCases.randomElement(using: &random)! {
      case .adamW:
        .adamW(
          .init(
            learningRate: positive(.greatestFiniteMagnitude), weightDecay: positive(1e3),
            beta1: positive(0.999_999), beta2: 0, epsilon: positive(1),
            decayOn: either(OptimizerSpec.AdamWSpec.DecayOn.self)))
      case .adam:
        .adam(
          .init(
            learningRate: rate, weightDecay: positive(1e3), beta1: 0.5, beta2: positive(0.999_999),
            epsilon: positive(1)))
      case .sgd:
        .sgd(
          .init(
            learningRate: rate, weightDecay: 0,
            decayConvention: Bool.random(using: &random) ? .lambda : .twoLambda))
      case .momentum:
        .momentum(
          .init(
            learningRate: rate, weightDecay: 0, momentum: positive(0.999_999),
            variant: Bool.random(using: &random) ? .classical : .nesterov))
      case .lion:
        .lion(
          .init(
            learningRate: rate, weightDecay: positive(1e3), beta1: 0, beta2: positive(0.999_999)))
      case .muon:
        .muon(
          .init(
            learningRate: rate, weightDecay: positive(1e3), momentum: positive(0.999_999),
            adamWLearningRate: positive(1), beta1: 0, beta2: positive(0.999_999),
            epsilon: positive(1)))
      }
    let interval = oneOf(1000)
    var spec = RunSpec(
      seed: random.next(), task: task, model: model, optimizer: optimizer, batch: oneOf(8192),
      maxSteps: oneOf(1 << 31), logInterval: interval,
      checkpointInterval: interval * Int.random(in: 0...50, using: &random),
      stop: StopRule(
        memorized: positive(1), grokked: positive(1), stepsAfterGrokking: oneOf(1 << 31)))
    switch RateScheduleName.allCases.randomElement(using: &random)! {
    case .constant: break
    case .linearWarmup: spec.rateSchedule = .linearWarmup(.init(warmupSteps: oneOf(1000)))
    case .cosine:
      let warmup = oneOf(1000)
      spec.rateSchedule = .cosine(
        .init(
          warmupSteps: warmup, steps: warmup + oneOf(9999),
          final: Double.random(in: 0...1, using: &random)))
    }
    spec.loss = LossSpec(
      either(LossSpec.Name.self), temperature: Bool.random(using: &random) ? 1 : positive(1e3))
    spec.interventions = .random(in: spec, using: &random)
    return spec
  }

  /// The config as YAML, in block style or flow style.
  package func yaml(flow: Bool) -> String {
    var lines: [String] = []
    guard case .object(let members) = canonicalJSON else { return "" }
    func scalar(_ value: CanonicalJSON) -> String { value.stringValue ?? value.text }
    for (key, value) in members.sorted(by: { $0.key < $1.key }) {
      guard case .object(let section) = value else {
        lines.append("\(key.text): \(scalar(value))  # a comment")
        continue
      }
      let entries = section.sorted { $0.key > $1.key }.map { "\($0.key.text): \(scalar($0.value))" }
      if flow {
        lines.append("\(key.text): {\(entries.joined(separator: ", "))}")
      } else {
        lines.append("\(key.text):")
        lines += entries.map { "    " + $0 }
      }
    }
    return lines.map { $0 + "\n" }.joined()
  }
}

extension [Intervention] {
  /// Random changes that a config can have, at most one per step.
  fileprivate static func random(in spec: RunSpec, using random: inout SplitMix64) -> Self {
    var interventions: Self = []
    var step = Int.random(in: 0...10, using: &random)
    var heldUntil = 0
    let tensors = spec.pairing.tensors
    for _ in 0..<Int.random(in: 0...3, using: &random) where step < spec.maxSteps {
      let tensor = tensors.randomElement(using: &random)!
      switch Intervention.Verb.allCases.randomElement(using: &random)! {
      case .set:
        interventions.append(
          Intervention(
            step: step,
            action: .set([
              .init(key: "batch", value: .number(Double(Int.random(in: 1...1024, using: &random)))),
              .init(
                key: "optimizer.weight_decay",
                value: .number(Double.random(in: 0...9, using: &random))),
            ])))
      case .scale:
        let chosen = tensors.map(\.name).filter { _ in Bool.random(using: &random) }
        interventions.append(
          Intervention(
            step: step,
            action: .scale(
              chosen.isEmpty ? .all : .init(chosen, of: tensors.map(\.name)),
              by: .random(in: 0...2, using: &random))))
      case .hold where step >= heldUntil:
        heldUntil = step + Int.random(in: 1...100, using: &random)
        interventions.append(
          Intervention(
            step: step,
            action: .hold(squaredNorm: .random(in: 1...9999, using: &random), until: heldUntil)))
      case .hold, .perturb:
        interventions.append(
          Intervention(
            step: step,
            action: .perturb(
              tensor: tensor.name, element: .random(in: 0..<tensor.count, using: &random),
              ulps: Int.random(in: 1...100, using: &random) * (Bool.random(using: &random) ? 1 : -1)
            )))
      }
      step += Int.random(in: 1...1000, using: &random)
    }
    return interventions
  }
}
