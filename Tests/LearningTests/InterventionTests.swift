import Catalogue
import Learning
import Testing

/// Changes on the way act before their step, and do what they say.
@Suite struct InterventionTests {
  private static let head = 16

  private func trainer(
    _ interventions: [Intervention], batch: Int = 8, optimizer: OptimizerSpec = .adamW(.standard),
    schedule: RateSchedule = .constant
  ) -> Trainer {
    Trainer(
      seed: 3, task: .modular(.init(operation: .addition, modulus: 7, trainFraction: 0.5)),
      model: .transformer(
        .init(embedding: .shared, width: 16, heads: 2, feedforward: 32, embeddingScale: 1)),
      optimizer: optimizer, schedule: schedule, batch: batch, interventions: interventions)
  }

  private func bits(_ trainer: Trainer) -> [[UInt32]] {
    (0..<trainer.tensorCount).flatMap { tensor in
      [trainer.parameterValues(tensor).map(\.bitPattern)]
        + (0..<trainer.momentCount).map { trainer.momentValues($0, tensor).map(\.bitPattern) }
    }
  }

  private func advance(_ trainer: Trainer, to step: Int) {
    while trainer.step < step { _ = trainer.advance(SerialWorkers()) }
  }

  /// One of each verb at step 5, and a larger batch than before.
  private static let all: [Intervention] = [
    .init(step: 5, action: .set([.init(key: "batch", value: .number(600))])),
    .init(step: 5, action: .scale(.some(["tok.weight"]), by: 0.3)),
    .init(step: 5, action: .hold(squaredNorm: 90, until: 8)),
    .init(step: 5, action: .perturb(tensor: "head.weight", element: 4, ulps: 2)),
  ]

  @Test func nothingBelowItsStepIsAnotherBit() {
    let (plain, changed) = (trainer([]), trainer(Self.all))
    for step in 0..<5 {
      advance(plain, to: step)
      advance(changed, to: step)
      #expect(bits(plain) == bits(changed))
      #expect(
        plain.evaluate(SerialWorkers()).trainLoss == changed.evaluate(SerialWorkers()).trainLoss)
    }
    advance(plain, to: 5)
    advance(changed, to: 5)
    #expect(bits(plain) != bits(changed))
  }

  @Test(arguments: [4, 5, 6, 7, 8])
  func aRestoredTrainerGoesOnAsItWould(step: Int) {
    let (whole, first, second) = (trainer(Self.all), trainer(Self.all), trainer(Self.all))
    advance(whole, to: 12)
    advance(first, to: step)
    for tensor in 0..<first.tensorCount {
      second.setParameter(tensor, first.parameterValues(tensor))
      for moment in 0..<first.momentCount {
        second.setMoment(moment, tensor, first.momentValues(moment, tensor))
      }
    }
    second.restore(step: step)
    advance(second, to: 12)
    #expect(bits(second) == bits(whole))
  }

  /// Settings that are set before the first step are those of a config that begins with them.
  @Test func settingsOfStepZeroAreThoseOfTheBeginning() {
    let changed = trainer([.init(step: 0, action: .set([.init(key: "batch", value: .number(11))]))])
    let plain = trainer([], batch: 11)
    advance(changed, to: 4)
    advance(plain, to: 4)
    #expect(bits(changed) == bits(plain))
  }

  /// Every setting that can be changed changes the step.
  @Test(arguments: Intervention.changeableKeys) func everySettingActs(key: String) {
    let value: Intervention.Setting.Value =
      switch key {
      case "optimizer.decay_on": .name("all-but-embeddings")
      case "batch": .number(9)
      default: .number(key.hasSuffix("steps") ? 4 : 0.25)
      }
    let schedule = RateSchedule.cosine(.init(warmupSteps: 3, steps: 3000, final: 0))
    let optimizer: OptimizerSpec =
      switch key {
      case "optimizer.momentum": .momentum(.standard)
      case "optimizer.adamw_learning_rate": .muon(.standard)
      default: .adamW(.standard)
      }
    let changed = trainer(
      [.init(step: 2, action: .set([.init(key: key, value: value)]))], optimizer: optimizer,
      schedule: schedule)
    let plain = trainer([], optimizer: optimizer, schedule: schedule)
    advance(changed, to: 1)
    advance(plain, to: 1)
    #expect(bits(changed) == bits(plain))
    // The end of the cosine has an effect only after the warm-up.
    advance(changed, to: 4)
    advance(plain, to: 4)
    #expect(bits(changed) != bits(plain))
  }

  /// At each step, a schedule has the same effect as setting its rate there.
  @Test(
    arguments: [
      (.linearWarmup(.init(warmupSteps: 4)), [0.25, 0.5, 0.75, 1, 1]),
      (.linearWarmup(.init(warmupSteps: 0)), [1, 1, 1, 1, 1]),
      (.cosine(.init(warmupSteps: 2, steps: 4, final: 0.5)), [0.5, 1, 0.75, 0.5, 0.5]),
    ] as [(RateSchedule, [Double])])
  func aScheduleIsWhatSettingTheRatesWouldBe(schedule: RateSchedule, factors: [Double]) {
    let scheduled = trainer([], schedule: schedule)
    let set = trainer(
      factors.enumerated().map { step, factor in
        Intervention(
          step: step,
          action: .set([.init(key: "optimizer.learning_rate", value: .number(0.001 * factor))]))
      })
    for step in factors.indices {
      advance(scheduled, to: step)
      advance(set, to: step)
      #expect(bits(scheduled) == bits(set), "step \(step)")
    }
  }

  @Test func aFactorIsRoundedAndMultipliesWhatItNames() {
    let changed = trainer([.init(step: 0, action: .scale(.some(["head.weight"]), by: 0.1))])
    let plain = trainer([])
    for tensor in 0..<plain.tensorCount {
      let expected = plain.parameterValues(tensor).map {
        tensor == Self.head ? $0 * Float(0.1) : $0
      }
      #expect(changed.parameterValues(tensor) == expected)
    }
    #expect(changed.initialSquaredNorm == changed.squaredNorm())
    #expect(changed.initialSquaredNorm < plain.initialSquaredNorm)
  }

  @Test(arguments: [(1, 1), (-1, -1), (3, 3)]) func anElementMovesByULPs(ulps: Int, places: Int) {
    let changed = trainer([
      .init(step: 0, action: .perturb(tensor: "head.weight", element: 5, ulps: ulps))
    ])
    let plain = trainer([])
    let (x, y) = (changed.parameterValues(Self.head), plain.parameterValues(Self.head))
    #expect(x.indices.filter { x[$0].bitPattern != y[$0].bitPattern } == [5])
    // For a negative number, larger bits mean a smaller number.
    let moved = Int(x[5].bitPattern) - Int(y[5].bitPattern)
    #expect(moved == (y[5] < 0 ? -places : places))
  }

  /// A bias starts at +0, whose neighbour below is −0.
  @Test func zeroHasTwoSides() {
    for (ulps, pattern) in [(1, 1), (-1, 0x8000_0000), (-2, 0x8000_0001)] as [(Int, UInt32)] {
      let changed = trainer([
        .init(
          step: 0,
          action: .perturb(tensor: "tf.layers.0.norm1.bias", element: 0, ulps: ulps))
      ])
      #expect(changed.parameterValues(11)[0].bitPattern == pattern)
    }
  }

  @Test func aNormIsHeldFromItsStepToTheOneBeforeItsEnd() {
    let changed = trainer([.init(step: 3, action: .hold(squaredNorm: 100, until: 6))])
    let plain = trainer([])
    for step in 0..<8 {
      advance(changed, to: step)
      advance(plain, to: step)
      let isHeld = (3..<6).contains(step)
      #expect((abs(changed.squaredNorm() - 100) < 1e-4) == isHeld)
      #expect((bits(changed) == bits(plain)) == (step < 3))
    }
  }

  /// A value that is no longer finite ends the run at that step.
  @Test(
    arguments: [
      .scale(.all, by: 1e300), .perturb(tensor: "head.weight", element: 0, ulps: 1 << 31),
      .hold(squaredNorm: 1e300, until: 9),
    ] as [Intervention.Action], [0, 4])
  func whatIsNotFiniteEndsTheRun(action: Intervention.Action, step: Int) {
    let trainer = trainer([.init(step: step, action: action)])
    for earlier in 0..<step {
      #expect(trainer.advance(SerialWorkers()).isFinite)
      #expect(trainer.step == earlier)
    }
    #expect(!trainer.advance(SerialWorkers()).isFinite)
    #expect(trainer.step == step)
    #expect(trainer.initialSquaredNorm.isFinite)
  }
}
