internal import Catalogue
internal import DeterministicNumerics

extension RateSchedule {
  /// The factor for the learning rate of a step (SPEC.md 1.11).
  ///
  /// - Parameter update: The number of the update, from 1.
  func factor(update: Int) -> Double {
    switch self {
    case .constant: return 1
    case .linearWarmup(let spec):
      return update < spec.warmupSteps ? Double(update) / Double(spec.warmupSteps) : 1
    case .cosine(let spec):
      if update < spec.warmupSteps { return Double(update) / Double(spec.warmupSteps) }
      guard update < spec.steps else { return spec.final }
      let share = Double(update - spec.warmupSteps) / Double(spec.steps - spec.warmupSteps)
      let cosine = Double(Elementary.cospi(Float(share)))
      return spec.final + (1 - spec.final) * (0.5 * (1 + cosine))
    }
  }
}

extension OptimizerSpec {
  /// The same optimizer with its learning rates η times `factor`, in binary64.
  func scaled(by factor: Double) -> OptimizerSpec {
    switch self {
    case .adamW(var spec):
      spec.learningRate *= factor
      return .adamW(spec)
    case .adam(var spec):
      spec.learningRate *= factor
      return .adam(spec)
    case .sgd(var spec):
      spec.learningRate *= factor
      return .sgd(spec)
    case .momentum(var spec):
      spec.learningRate *= factor
      return .momentum(spec)
    case .lion(var spec):
      spec.learningRate *= factor
      return .lion(spec)
    case .muon(var spec):
      spec.learningRate *= factor
      spec.adamWLearningRate *= factor
      return .muon(spec)
    }
  }
}
