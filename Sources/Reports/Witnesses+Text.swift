import Archive
import Bundles
public import Replay
import RunRecords

extension Witnesses {
  private static let mostSkipped = 20

  /// "3 replayers, 2 instruction sets, 2 builds".
  public var headline: String {
    [
      Figures.count(replayers.count, "replayer"),
      Figures.count(instructionSets.count, "instruction set"),
      Figures.count(builds.count, "build"),
    ].joined(separator: ", ")
  }

  /// Who counts, who found a difference, and what is left out and why.
  public var textLines: [String] {
    var table = TextTable(indent: 2)
    for testimony in counted {
      let statement = testimony.statement
      table.add(
        testimony.signer.name, statement.verdict.words(of: statement.kind), statement.instructions,
        statement.build.words, statement.day)
    }
    var lines = ["replays \(headline)"] + table.lines + remarks
    lines += skipped.prefix(Self.mostSkipped).map { "not counted: \($0.file): \($0.reason)" }
    if skipped.count > Self.mostSkipped {
      lines.append(
        "and \(skipped.count - Self.mostSkipped) more are not counted; --json lists them")
    }
    return lines
  }

  /// The same in short, as lines of HTML.
  var htmlLines: [String] {
    let names = replayers.isEmpty ? "" : ": " + replayers.joined(separator: ", ")
    var lines = ["replays: " + headline + names] + remarks
    if !skipped.isEmpty {
      lines.append(Figures.count(skipped.count, "statement is", "statements are") + " not counted")
    }
    return lines.map(HTML.escaped)
  }

  private var remarks: [String] {
    var lines = contradictions.map {
      "contradicted by \($0.signer.isPattern ? "one of " : "")\($0.signer.name), "
        + "\($0.statement.day): \($0.statement.differenceWords) (\($0.file))"
    }
    if strangers > 0 { lines.append(Figures.count(strangers, "statement") + " by strangers") }
    if isAuthorUnknown {
      lines.append(
        "the bundle is not signed, so whoever made it may be among those who replayed it")
    }
    return lines
  }
}

extension ReplayStatement.Build {
  fileprivate var words: String { "\(software), \(configuration), \(compiler)" }
}

extension ReplayStatement {
  /// "different: validation_loss at step 16, 0.001 apart; and 2 more".
  fileprivate var differenceWords: String {
    guard let first = differences.first else { return verdict.rawValue }
    var text = "\(verdict.rawValue): \(first.words)"
    if differing > 1 { text += "; and \(differing - 1) more" }
    return text
  }
}

extension ReplayStatement.Difference {
  fileprivate var words: String {
    var text = kind + (name.map { " " + $0 } ?? "")
    if let step { text += " at step \(step)" }
    if let distance { text += ", \(distance.words)" }
    if let ulps { text += ", \(Figures.ulps(ulps))" }
    return text
  }
}
