/// One change at one step of a run. It acts before the step's batch is drawn, on the state that the
/// step before has left. Rows and checkpoints of earlier steps are those of a run without it.
public struct Intervention: Sendable, Hashable {
  public enum Action: Sendable, Hashable {
    /// From the step on, these keys of the config have these values; ascending by key.
    case set([Setting])
    /// Every element of some tensors is multiplied by a factor and rounded to binary32.
    case scale(Tensors, by: Double)
    /// After the update of each step, up to the one before `until`, all parameters are scaled so
    /// that V = ‖θ‖² has this value.
    case hold(squaredNorm: Double, until: Int)
    /// One element, by its place in row-major order, moves by this many values of binary32.
    case perturb(tensor: String, element: Int, ulps: Int)
  }

  /// A key of the config, and its value from a step on.
  public struct Setting: Sendable, Hashable {
    public enum Value: Sendable, Hashable {
      case number(Double)
      case name(String)
    }
    public var key: String
    public var value: Value

    public init(key: String, value: Value) {
      self.key = key
      self.value = value
    }
  }

  /// Some of a model's tensors.
  public enum Tensors: Sendable, Hashable {
    case all
    /// In the order of the model, and not all of them.
    case some([String])
  }

  public var step: Int
  public var action: Action

  public init(step: Int, action: Action) {
    self.step = step
    self.action = action
  }
}

extension Intervention {
  /// The kinds of change, by their names in a config.
  public enum Verb: String, FieldName {
    case set
    case scale
    case hold
    case perturb
  }

  public var verb: Verb {
    switch action {
    case .set: .set
    case .scale: .scale
    case .hold: .hold
    case .perturb: .perturb
    }
  }

  /// The keys of a config that can have another value from a step on.
  public static let changeableKeys = [
    "batch", "loss.temperature", "optimizer.learning_rate", "optimizer.weight_decay",
    "optimizer.beta1", "optimizer.beta2", "optimizer.epsilon", "optimizer.momentum",
    "optimizer.decay_on", "optimizer.adamw_learning_rate", "schedule.warmup_steps",
    "schedule.steps", "schedule.final",
  ]

  /// The most changes in a config.
  public static let mostCount = 1000
  public static let factorBounds = NumberBounds(.from(0), .upTo(1_000_000))
  public static let squaredNormBounds = NumberBounds(.above(0), .unlimited)
  public static let ulpsBounds = IntegerBounds(
    Int(clamping: -1 << 31 as Int64)...Int(clamping: 1 << 31 as Int64))
}

extension Intervention.Tensors {
  /// The tensors named by `names`, of a model whose tensors have the names `all`.
  public init(_ names: some Sequence<String>, of all: [String]) {
    let chosen = all.filter { name in names.contains { $0.isSame(as: name) } }
    self = chosen.count == all.count ? .all : .some(chosen)
  }

  public func contains(_ name: String) -> Bool {
    switch self {
    case .all: true
    case .some(let names): names.contains { $0.isSame(as: name) }
    }
  }
}

extension [Intervention] {
  /// The largest batch of any step in a run whose first batch has `batch` examples.
  public func largestBatch(from batch: Int) -> Int {
    var largest = batch
    for intervention in self {
      guard case .set(let settings) = intervention.action else { continue }
      for setting in settings where setting.key.isSame(as: "batch") {
        if case .number(let value) = setting.value { largest = Swift.max(largest, Int(value)) }
      }
    }
    return largest
  }
}

extension String {
  /// Whether it has the same bytes. Comparing texts by their meaning takes tables that the core
  /// does not have.
  public func isSame(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
