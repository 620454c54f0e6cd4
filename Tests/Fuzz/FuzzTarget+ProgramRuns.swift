import Comparison
import Digests
import Reports
import RunRecords
import TestSupport

@testable import Archive
@testable import BundleChecks
@testable import Bundles

/// Whole runs of programs, as bundles and as directories.
extension FuzzTarget {
  /// Takes an archive apart. Its members replace those of a sound bundle or are added to them, and
  /// all lists of digests are recomputed, so that all further checks are reached. What is accepted
  /// must be returned unchanged, and it must be possible to draw it.
  static func programBundle(_ input: [UInt8]) {
    var forge = Seeds.programForge
    var added: [(path: String, digest: Digest)] = []
    var rest = input[...]
    while let (name, stored) = roughHeader(of: rest), forge.files.count < 1000 {
      let path = String(name.drop { $0 != "/" }.dropFirst())
      let size = min(roughSize(of: rest), rest.count - TarHeader.blockSize)
      let content = Array(rest.dropFirst(TarHeader.blockSize).prefix(size))
      if let index = forge.files.firstIndex(where: { $0.path == path }) {
        forge.files[index].bytes = content
      } else if MemberName(path: path, of: .program) != nil {
        forge.insert(path, content)
        if path.hasPrefix("data/results/") {
          added.append((String(path.dropFirst("data/".count)), Digest(of: content)))
        }
      }
      rest = rest.dropFirst(stored)
    }
    guard forge[text: "bag-info.txt"].split(separator: "\n").count > 3,
      Manifest(bytes: forge["data/expected-sha256.txt"]) != nil
    else { return }
    for (path, digest) in added { forge.expect(path, digest) }
    if var spec = try? ProgramSpec(bytes: forge["data/program.json"]) {
      spec.inputs = Digest(of: forge["data/inputs-sha256.txt"])
      forge["data/program.json"] = spec.bytes
      if spec.adopted != nil { forge.setAdopted() }
    }
    forge.relist()
    guard verifies(forge.bytes) else { return }
    attempt { () throws(BundleError) in
      let reader = try BundleReader(path: Self.path)
      precondition(reader.members == forge.files.map(\.path), "other members")
      for path in reader.members {
        let isSame = try reader.read(path) == forge[path]
        precondition(isSame, "another \(path)")
      }
      let run = try RecordedProgram(reader)
      precondition(run.metrics.canonicalText == forge["data/trace/metrics.csv"], "another table")
      precondition(run.result == reader.identity.result, "another result")
      render(run)
    }
  }

  /// Takes an archive as the files of a run directory. It is refused with one line, or it can be
  /// drawn, and packing it gives a bundle.
  static func programDirectory(_ input: [UInt8]) {
    let directory = TemporaryDirectory()
    write(
      input, below: directory,
      folders: [
        "trace", "checkpoints", "inputs", "inputs/tools", "results", "results/out",
        "results/out/.hydra", "results/work",
      ])
    let path = directory.path + "/run"
    attemptAny {
      let run = try OpenedRun(opening: path)
      switch run {
      case .trainer: break
      case .program(let run): render(run)
      }
    }
    attemptAny {
      let bundle = directory.path + "/b"
      try BundleWriter.pack(runDirectory: path, to: bundle)
      let reader = try! BundleReader(path: bundle)
      _ = try! reader.verify()
      switch reader.kind {
      case .trainer: break
      case .program: render(try! RecordedProgram(reader))
      }
    }
  }

  /// Everything that `show`, `report` and `diff --html` draw and print of the run.
  private static func render(_ run: RecordedProgram) {
    let summary = ProgramSummary(run)
    _ = (summary.factLines(columns: 80), summary.json.utf8)
    for isUnicode in [true, false] {
      let style = TerminalPlot.Style(isUnicode: isUnicode, isColored: isUnicode)
      let plots = summary.plots(style) { "\($0)" }
      precondition(!plots.isEmpty, "no plot")
    }
    let opened = OpenedRun.program(run)
    for report in [RunsReport([opened]), RunsReport([opened, opened])] {
      guard let report else { preconditionFailure("no report") }
      _ = (report.html, report.json.utf8)
    }
    attemptAny {
      let comparison = try ProgramComparison(ProgramRecord(run), ProgramRecord(run))
      let lines = comparison.textLines
      _ = (comparison.json.utf8, AcrossReport([opened, opened], title: "t", lines: lines).html)
      switch comparison.verdict {
      case .identical, .notComparable: break
      case .within, .different: preconditionFailure("a run differs from itself: \(lines)")
      }
    }
    let trainer = SampleRun(rows: 3).trace.table
    let across = CrossComparison(run.metrics, trainer, names: ("a", "b"))
    _ = (across.textLines, across.json.utf8)
  }
}
