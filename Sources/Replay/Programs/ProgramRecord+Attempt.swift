import Comparison
import Digests
package import Files
package import Programs
package import RunRecords

extension ProgramRecord {
  /// What an attempt gave, read where it left its files.
  package init(_ attempt: ProgramAttempt, of spec: ProgramSpec, name: String) throws(FileError) {
    var files: [File] = []
    let checkpoints = attempt.checkpointSteps.map { "checkpoints/" + Checkpoint.fileName(step: $0) }
    for path in attempt.results.map(\.path) + checkpoints {
      var hasher = Digest.Hasher()
      var size = 0
      try FileTree.read(attempt.folder + "/" + path) { piece in
        hasher.update(piece)
        size += piece.count
      }
      files.append(File(path: path, digest: hasher.finish(), size: size))
    }
    let folder = attempt.folder
    self.init(
      name: name, spec: spec, outcome: attempt.outcome, metrics: attempt.metrics, files: files,
      open: { file in
        FileContent(size: file.size) { range in
          var bytes: [UInt8] = []
          try FileTree.read(folder + "/" + file.path, from: range.lowerBound, most: range.count) {
            bytes += $0
          }
          return bytes
        }
      })
  }
}
