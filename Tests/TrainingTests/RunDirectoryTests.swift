import RunRecords
import Testing
import Training

/// Reads a directory that a process may have left at any moment.
@Suite struct RunDirectoryTests {
  /// The sample has rows for steps 0, 10, 20, 30 and 40.
  @Test(
    arguments: [
      ("metrics.csv", "\n", "\n", 5),
      ("metrics.csv", "\n20,", "\n21,", 2),
      ("hashes.csv", "\n20,", "\n21,", 2),
      ("metrics.csv", "step,", "stop,", 0),
      ("hashes.csv", "step,", "stop,", 0),
      ("metrics.csv", "\n30,", "\n30;", 3),
      ("hashes.csv", "\n30,", "\n30;", 3),
    ])
  func aTraceIsReadAsFarAsItIsTheSchedules(
    name: String, old: String, new: String, rows: Int
  ) throws {
    var run = SampleRun()
    let text = String(decoding: run.files["trace/" + name]!, as: UTF8.self)
    try #require(text.contains(old))
    run.files["trace/" + name] = Array(text.replacing(old, with: new).utf8)
    let folder = TemporaryDirectory()
    let trace = try RunDirectory(run.write(to: folder)).readTracePrefix(of: run.spec)
    #expect(trace.metrics == Array(run.trace.metrics.prefix(rows)))
    #expect(trace.hashes == Array(run.trace.hashes.prefix(rows)))
  }
}
