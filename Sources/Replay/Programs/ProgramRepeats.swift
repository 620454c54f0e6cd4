import Comparison
package import Programs
package import RunRecords

/// Measures how far a program differs from itself, by running it again.
package enum ProgramRepeats {
  /// Performs the repeats of a recorded run, compares them with it, and writes `repeats.json` to
  /// its directory.
  ///
  /// - Returns: The result of the repeats. A repeat that is not begun, as somebody asked for an
  ///   end, is not included.
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
