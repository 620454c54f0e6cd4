internal import Catalogue
internal import DeterministicNumerics

/// One update of any optimizer.
enum OptimizerUpdate {
  case adamW(AdamWUpdate, without: AdamWUpdate, OptimizerSpec.AdamWSpec.DecayOn)
  case adam(AdamUpdate)
  case sgd(SGDUpdate)
  case momentum(MomentumUpdate)
  case lion(LionUpdate)
  /// Muon for hidden matrices, AdamW for all else.
  case muon(MuonUpdate, others: AdamWUpdate)

  /// - Parameter update: The number of the update, from 1.
  init(_ optimizer: OptimizerSpec, update: Int) {
    switch optimizer {
    case .adamW(let spec):
      var still = spec
      still.weightDecay = 0
      self = .adamW(
        AdamWUpdate(spec, update: update), without: AdamWUpdate(still, update: update),
        spec.decayOn)
    case .adam(let spec): self = .adam(AdamUpdate(spec, update: update))
    case .sgd(let spec): self = .sgd(SGDUpdate(spec))
    case .momentum(let spec): self = .momentum(MomentumUpdate(spec))
    case .lion(let spec): self = .lion(LionUpdate(spec))
    case .muon(let spec):
      self = .muon(MuonUpdate(spec), others: AdamWUpdate(spec.adamW, update: update))
    }
  }

  /// SAFETY: every pointer has the layout's storage count, and there are as many moments as the
  /// optimizer has.
  @unsafe func apply(
    _ piece: UpdatePiece, parameters: UnsafeMutablePointer<Float>,
    gradient: UnsafePointer<Float>, moments: [FloatStorage]
  ) {
    let parameters = unsafe parameters + piece.offset
    let gradient = unsafe gradient + piece.offset
    switch self {
    case .adamW(let all, let without, let tensors):
      unsafe (piece.decays(tensors) ? all : without).apply(
        parameters: parameters, gradient: gradient, firstMoment: moments[0].base + piece.offset,
        secondMoment: moments[1].base + piece.offset, count: piece.count)
    case .adam(let update):
      unsafe update.apply(
        parameters: parameters, gradient: gradient, firstMoment: moments[0].base + piece.offset,
        secondMoment: moments[1].base + piece.offset, count: piece.count)
    case .sgd(let update):
      unsafe update.apply(parameters: parameters, gradient: gradient, count: piece.count)
    case .momentum(let update):
      unsafe update.apply(
        parameters: parameters, gradient: gradient, buffer: moments[0].base + piece.offset,
        count: piece.count)
    case .lion(let update):
      unsafe update.apply(
        parameters: parameters, gradient: gradient, moment: moments[0].base + piece.offset,
        count: piece.count)
    case .muon(let update, let others):
      if let matrix = piece.matrix {
        unsafe update.apply(
          matrix, parameters: parameters, gradient: gradient,
          buffer: moments[0].base + piece.offset)
      } else {
        unsafe others.apply(
          parameters: parameters, gradient: gradient, firstMoment: moments[0].base + piece.offset,
          secondMoment: moments[1].base + piece.offset, count: piece.count)
      }
    }
  }
}
