/// Times to an event. For some of them, observation ended before the event came.
public enum KaplanMeier {
  public struct Duration: Sendable, Hashable {
    public var time: Double
    /// Whether the event came; otherwise observation ended without it.
    public var isObserved: Bool

    public init(time: Double, isObserved: Bool) {
      self.time = time
      self.isObserved = isObserved
    }
  }

  /// The first time at which the product-limit estimate of survival (Kaplan and Meier, 1958) is at
  /// or below one half; nil if it stays above. A duration that is censored at the time of an event
  /// counts as at risk there.
  public static func median(_ durations: [Duration]) -> Double? {
    var survival = 1.0
    let sorted = durations.sorted { $0.time < $1.time }
    var next = 0
    while next < sorted.count {
      let time = sorted[next].time
      let atRisk = sorted.count - next
      let here = sorted[next...].prefix { $0.time == time }
      let events = here.count { $0.isObserved }
      survival *= 1 - Double(events) / Double(atRisk)
      // One half in exact arithmetic counts as reached.
      if events > 0, survival <= 0.5 + 1e-12 { return time }
      next += here.count
    }
    return nil
  }
}
