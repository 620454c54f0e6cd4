import Comparison
package import Programs
package import RunRecords

/// How far a program differs from itself, by performing it again.
package enum ProgramRepeats {
  /// Performs the repeats of a recorded run, compares them with it and writes `repeats.json` beside
  /// it.
  ///
  /// - Returns: What came of them; repeats that somebody ended are not among them.
  package static func measure(
    _ recording: ProgramRecording, of run: ProgramRun, _ repetition: ProgramRepetition,
    _ observer: some ProgramObserver
  ) throws(ProgramError) -> Repeats {
    let (repeats, varied) = try repetition.perform(run, observer)
    let first = try ProgramRecord(recording.attempt, of: run.spec, name: "the first run")
    var others: [ProgramRecord] = []
    for attempt in repeats {
      others.append(try ProgramRecord(attempt, of: run.spec, name: "a repeat"))
    }
    var variations: [Repeats.VariedRun] = []
    for (variation, attempt) in varied {
      variations.append(
        Repeats.VariedRun(
          name: variation.name, value: variation.value,
          record: try ProgramRecord(attempt, of: run.spec, name: "a repeat")))
    }
    let found = Repeats(
      of: first, others: others, varied: variations, steps: repetition.lastStep)
    try recording.directory.write(found)
    try run.endRepeats()
    return found
  }
}
