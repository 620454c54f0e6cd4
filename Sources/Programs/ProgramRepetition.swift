internal import RunRecords

/// Runs a recorded program again, in the same paths, so that the attempts can be compared.
package struct ProgramRepetition: Sendable {
  /// An environment variable, or `config.KEY`, and a value for it.
  package struct Variation: Sendable, Hashable {
    package var name: String
    package var value: String

    package init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  /// How often the program runs with its own settings, including the first time.
  package var count: Int
  /// Each is one additional run.
  package var variations: [Variation]
  /// The step after which a repeat is ended; nil: it runs to its end.
  package var lastStep: Int?

  package init(count: Int, variations: [Variation], lastStep: Int?) {
    self.count = count
    self.variations = variations
    self.lastStep = lastStep
  }

  /// Runs the repeats and returns their results. Their files stay in folders of their own until
  /// `ProgramRun.endRepeats`. Stops before the next repeat if the observer has asked for an end.
  package func perform(
    _ run: ProgramRun, _ observer: some ProgramObserver
  ) throws(ProgramError) -> (repeats: [ProgramAttempt], varied: [(Variation, ProgramAttempt)]) {
    var repeats: [ProgramAttempt] = []
    var varied: [(Variation, ProgramAttempt)] = []
    let observer = StepWatcher(observer, lastStep: lastStep)
    for number in 2..<max(2, count + 1) where observer.demand() == nil {
      repeats.append(
        try run.again(number: number, config: run.spec.config, settings: [:], observer))
    }
    for (index, variation) in variations.enumerated() where observer.demand() == nil {
      var config = run.spec.config
      var settings: [String: String] = [:]
      if variation.name.hasPrefix("config.") {
        var request = ProgramRequest()
        request.config = config
        try request.set(
          String(variation.name.dropFirst("config.".count)), to: variation.value, isFree: false)
        config = request.config
      } else {
        settings[variation.name] = variation.value
      }
      varied.append(
        (
          variation,
          try run.again(
            number: count + index + 1, config: config, settings: settings, observer)
        ))
    }
    return (repeats, varied)
  }
}

/// Ends a repeat once it has logged a given step.
private final class StepWatcher<Observer: ProgramObserver>: ProgramObserver {
  private let observer: Observer
  private let lastStep: Int?

  init(_ observer: Observer, lastStep: Int?) {
    self.observer = observer
    self.lastStep = lastStep
  }

  func began(attempt: Int) { observer.began(attempt: attempt) }

  func logged(_ reader: MetricsReader) -> Bool {
    // A later row shows that the row of the step is complete.
    let isEnough = lastStep.map { last in reader.lastStep.map { $0 > last } ?? false } ?? false
    return observer.logged(reader) || isEnough
  }

  func demand() -> ChildProcess.Demand? { observer.demand() }
}
