internal import Catalogue

/// The settings of a run at its next step, and what is done to its parameters before that step.
struct InterventionCourse {
  /// Keeps V = ‖θ‖² at one value.
  struct Hold {
    var squaredNorm: Double
    /// The first step that is no longer held.
    var until: Int
  }

  private let start: (optimizer: OptimizerSpec, schedule: RateSchedule, loss: LossSpec, batch: Int)
  private let interventions: [Intervention]
  private var next = 0
  private(set) var optimizer: OptimizerSpec
  private(set) var schedule: RateSchedule
  private(set) var loss: LossSpec
  private(set) var batch: Int
  private var hold: Hold?

  init(
    optimizer: OptimizerSpec, schedule: RateSchedule, loss: LossSpec, batch: Int,
    _ interventions: [Intervention]
  ) {
    start = (optimizer, schedule, loss, batch)
    self.optimizer = optimizer
    self.schedule = schedule
    self.loss = loss
    self.batch = batch
    self.interventions = interventions
  }

  /// The largest batch of any step.
  var largestBatch: Int { interventions.largestBatch(from: start.batch) }

  /// V after the update of `step`, if it is held.
  func heldSquaredNorm(at step: Int) -> Double? {
    hold.flatMap { step < $0.until ? $0.squaredNorm : nil }
  }

  /// Whether an intervention acts before `step`, the next step.
  func hasMore(at step: Int) -> Bool {
    next < interventions.count && interventions[next].step <= step
  }

  /// Goes past the next intervention that acts before `step`, and returns it; nil if there is none.
  mutating func takeNext(at step: Int) -> Intervention? {
    guard hasMore(at: step) else { return nil }
    let intervention = interventions[next]
    next += 1
    switch intervention.action {
    case .set(let settings):
      var setter = FieldSetter(settings)
      optimizer.visitFields(&setter)
      schedule.visitFields(&setter)
      loss.visitFields(&setter)
      setter.integer("batch", IntegerBounds(1...Int.max), &batch)
    case .hold(let squaredNorm, let until): hold = Hold(squaredNorm: squaredNorm, until: until)
    case .scale, .perturb: break
    }
    return intervention
  }

  /// Restores the state after `step` was taken.
  mutating func restore(step: Int) {
    next = 0
    (optimizer, schedule, loss, batch) = start
    hold = nil
    while takeNext(at: step) != nil {}
  }
}
