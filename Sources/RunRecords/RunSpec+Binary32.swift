internal import Catalogue

extension RunSpec {
  /// Warnings about numbers of the config that nobody will have meant: those that become 0 or
  /// infinite in binary32 (SPEC.md, 1.8, 1.11 and 1.19), and a weight decay that changes nothing.
  /// One sentence each.
  ///
  /// Such a run is performed as SPEC.md says, and usually diverges at once.
  public var warnings: [String] {
    var warnings = startWarnings
    for intervention in interventions {
      let ofStep: [String] =
        switch intervention.action {
        case .set: settings(at: intervention.step).startWarnings
        case .scale(_, let factor):
          factor != 0 && Float(factor) == 0
            ? ["scale.by is \(shortestDecimal(factor)), and 0 in binary32"] : []
        case .hold, .perturb: []
        }
      warnings += ofStep.filter { !startWarnings.contains($0) }
        .map { "at step \(intervention.step): \($0)" }
    }
    return warnings
  }

  /// Warnings about the settings with which the run begins.
  private var startWarnings: [String] {
    var warnings: [String] = []
    func check(_ name: String, _ value: Double) {
      let single = Float(value)
      guard value != 0 && single == 0 || !single.isFinite else { return }
      let becomes = single == 0 ? "0" : single.isNaN ? "no number" : "infinite"
      let number = value.isFinite ? shortestDecimal(value) : "beyond binary64"
      warnings.append("\(name) is \(number), and \(becomes) in binary32")
    }
    func checkAdam(
      _ learningRate: Double, _ beta1: Double, _ epsilon: Double,
      key: String = "optimizer.learning_rate"
    ) {
      check("optimizer.epsilon", epsilon)
      // The largest factor is that of the first step. Later factors approach the rate itself.
      check(key, learningRate)
      check("the first step's \(key) ÷ (1 − beta1)", learningRate / (1 - beta1))
    }
    func checkDecay(
      _ learningRate: Double, _ weightDecay: Double, key: String = "optimizer.learning_rate"
    ) {
      let factor = 1 - learningRate * weightDecay
      check("1 − \(key) · weight_decay", factor)
      if learningRate != 0, weightDecay != 0, Float(factor) == 1 {
        warnings.append(
          "optimizer.weight_decay \(shortestDecimal(weightDecay)) changes nothing: 1 − \(key) · "
            + "weight_decay is 1 in binary32")
      }
    }
    switch model {
    case .transformer(let model): check("model.embedding_scale", model.embeddingScale)
    case .mlp, .pairMLP: break
    }
    check("loss.temperature", loss.temperature)
    switch optimizer {
    case .adamW(let adamW):
      checkAdam(adamW.learningRate, adamW.beta1, adamW.epsilon)
      checkDecay(adamW.learningRate, adamW.weightDecay)
    case .adam(let adam):
      checkAdam(adam.learningRate, adam.beta1, adam.epsilon)
      check("optimizer.weight_decay", adam.weightDecay)
    case .momentum(let momentum):
      check("optimizer.learning_rate", momentum.learningRate)
      check("optimizer.weight_decay", momentum.weightDecay)
      check("optimizer.momentum", momentum.momentum)
    case .lion(let lion):
      check("optimizer.learning_rate", lion.learningRate)
      checkDecay(lion.learningRate, lion.weightDecay)
    case .muon(let muon):
      checkAdam(
        muon.adamWLearningRate, muon.beta1, muon.epsilon, key: "optimizer.adamw_learning_rate")
      checkDecay(
        muon.adamWLearningRate, muon.weightDecay, key: "optimizer.adamw_learning_rate")
      check("optimizer.learning_rate", muon.learningRate)
      checkDecay(muon.learningRate, muon.weightDecay)
      check("optimizer.momentum", muon.momentum)
    case .sgd(let sgd):
      check("optimizer.learning_rate", sgd.learningRate)
      switch sgd.decayConvention {
      case .lambda: check("optimizer.weight_decay", sgd.weightDecay)
      case .twoLambda: check("2 · optimizer.weight_decay", 2 * sgd.weightDecay)
      }
    }
    return warnings
  }
}
