public import Bundles
import RunRecords

extension ProgramRecord {
  /// A run as it is stored. A file of a bundle is checked as a whole before a part of it is read.
  public init(_ run: RecordedProgram) {
    var ignored: [String] = []
    if case .object(let members)? = run.environment["observed_outcome"] {
      ignored = members.keys.map(\.text)
    }
    self.init(
      name: run.path, spec: run.spec, outcome: run.outcome, metrics: run.metrics,
      observed: run.observed.columns.map(\.name), observedOutcome: ignored,
      files: run.files.map { file in
        File(
          path: file.path, digest: file.digest, size: file.bytes ?? 0,
          leftOut: file.leftOut?.rawValue)
      },
      unsealable: run.unsealable, repeats: run.repeats, environment: run.environment,
      open: { file in
        try run.read(file.path, inParts: { _ in })
        return FileContent(size: file.size) { try run.bytes(of: file.path, $0) }
      })
  }
}
