internal import Catalogue
internal import DeterministicNumerics

/// One update of whichever optimizer.
enum OptimizerUpdate {
  /// Of tensors that decay, and of those that do not.
  case adamW(AdamWUpdate, without: AdamWUpdate)
  case adam(AdamUpdate)
  case sgd(SGDUpdate)
  case momentum(MomentumUpdate)
  case lion(LionUpdate)

  /// - Parameter update: Counts from 1.
  init(_ optimizer: OptimizerSpec, update: Int) {
    switch optimizer {
    case .adamW(let spec):
      let all = AdamWUpdate(spec, update: update)
      var still = spec
      still.weightDecay = 0
      self = .adamW(
        all,
        without: spec.decayOn == .all ? all : AdamWUpdate(still, update: update))
    case .adam(let spec): self = .adam(AdamUpdate(spec, update: update))
    case .sgd(let spec): self = .sgd(SGDUpdate(spec))
    case .momentum(let spec): self = .momentum(MomentumUpdate(spec))
    case .lion(let spec): self = .lion(LionUpdate(spec))
    }
  }

  /// Elements of a tensor, or a part of them, that one worker updates.
  struct Piece {
    let offset: Int
    let count: Int
    let isMatrix: Bool

    private static let most = 16_384

    /// Those of all tensors, each a multiple of 16 elements: with the gap behind its tensor, which stays zero.
    static func all(of layout: ParameterLayout) -> [Piece] {
      layout.tensors.flatMap { tensor in
        let count = tensor.count.roundedUpTo16
        return stride(from: 0, to: count, by: most).map { first in
          Piece(
            offset: tensor.offset + first, count: min(most, count - first),
            isMatrix: tensor.shape.count > 1)
        }
      }
    }
  }

  /// SAFETY: every pointer has the layout's storage count, and there are as many moments as the optimizer has.
  @unsafe func apply(
    _ piece: Piece, parameters: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>,
    moments: [FloatStorage]
  ) {
    let parameters = unsafe parameters + piece.offset
    let gradient = unsafe gradient + piece.offset
    switch self {
    case .adamW(let all, let without):
      unsafe (piece.isMatrix ? all : without).apply(
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
    }
  }
}
