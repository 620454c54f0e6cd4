import Analysis
import ArgumentParser
import RunRecords

/// The option of every command that reads many runs.
struct CollectingOptions: ParsableArguments {
  @Flag(help: "If a file would be left out, do nothing and end with the status of the reason.")
  var strict = false

  /// Says on stderr what of a collection is not used, and why; ends the command where nothing is
  /// left, or with --strict.
  func tell(_ collection: RunCollection) throws {
    let isNothing = collection.opened.isEmpty
    let mustEnd = isNothing || strict
    let statuses = collection.leftOut.map { $0.error.exitStatusInACollection }
    if let only = collection.leftOut.first, collection.leftOut.count == 1, mustEnd {
      throw CommandFailure(statuses[0], "\(only.path): \(only.reason)")
    }
    for one in collection.leftOut {
      Output.writeError("\(Software.name): left out: \(one.path): \(one.reason)\n")
    }
    if mustEnd && !collection.leftOut.isEmpty {
      let count = collection.leftOut.count
      throw CommandFailure(
        ExitStatus.first(of: statuses),
        isNothing
          ? "none of \(count) can be used" : "\(count) would be left out, and --strict is set")
    }
    Self.say(
      collection.repeats.map { "counted once: \($0.path) holds the result of \($0.counted)" })
    Self.say(
      collection.contradictions.map {
        "these have the same config but different results: \($0.joined(separator: ", "))"
      })
  }

  /// The most lines of notes; `--json` has all of them.
  private static let mostLines = 10

  private static func say(_ lines: [String]) {
    for line in lines.prefix(mostLines) {
      Output.writeError("\(Software.name): \(line)\n")
    }
    if lines.count > mostLines {
      Output.writeError("\(Software.name): … and \(lines.count - mostLines) more\n")
    }
  }
}

extension Error {
  fileprivate var exitStatusInACollection: ExitStatus {
    (self as? any ExitStatusProviding)?.exitStatus ?? .inputOutput
  }
}

extension RunCollection {
  private var members: [CanonicalJSON.Key: CanonicalJSON] {
    [
      "left_out": .array(
        leftOut.map { ["path": .string($0.path), "reason": .string($0.reason)] }),
      "counted_once": .array(
        repeats.map { ["path": .string($0.path), "counted": .string($0.counted)] }),
      "contradictions": .array(contradictions.map { .array($0.map { .string($0) }) }),
    ]
  }

  /// An answer, with the runs that are not used added.
  func adding(to answer: CanonicalJSON) -> CanonicalJSON {
    guard case .object(let own) = answer else { return answer }
    return .object(own.merging(members) { own, _ in own })
  }

  /// The runs that are not used, as an answer of its own; none if all are used.
  var answers: [CanonicalJSON] {
    leftOut.isEmpty && repeats.isEmpty ? [] : [.object(members)]
  }
}
