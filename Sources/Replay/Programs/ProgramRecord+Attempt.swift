import Comparison
package import Programs
package import RunRecords

extension ProgramRecord {
  /// The result of an attempt, read from where it left its files.
  package init(
    _ attempt: ProgramAttempt, of spec: ProgramSpec, name: String
  ) throws(ProgramError) {
    self.init(
      name: name, spec: spec, outcome: attempt.outcome, metrics: attempt.metrics,
      observed: attempt.observed.columns.map(\.name),
      observedOutcome: attempt.observedOutcome.keys.map(\.text),
      files: try attempt.files().map { file, digest in
        File(path: file.path, digest: digest, size: file.size)
      },
      unsealable: attempt.unsealable,
      open: { file in
        FileContent(size: file.size) { try attempt.bytes(of: file.path, $0) }
      })
  }
}
