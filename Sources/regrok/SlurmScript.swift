import ArgumentParser
import Files
import RunRecords

/// A script for `sbatch` that starts workers of a sweep.
struct SlurmScript {
  var workers: Int
  /// CPUs of each.
  var jobs: Int
  var time: String?
  /// More options for sbatch.
  var options: [String]
  /// Where the output of the workers goes; absolute.
  var logs: String
  /// What a worker runs.
  var command: [String]

  static let workerRange = 1...100_000

  static func check(workers: Int, time: String?, options: [String], _ plan: String) throws {
    guard workerRange.contains(workers) else {
      throw ValidationError("--slurm has to be 1 to 100000 workers, not \(workers)")
    }
    guard plan != "-" else {
      throw ValidationError("--slurm needs the plan as a file, because each worker reads it")
    }
    if let time, time.isEmpty || !time.allSatisfy({ "0123456789:-".contains($0) }) {
      throw ValidationError("--time has to be a time as sbatch takes it, e.g. 4:00:00, not \(time)")
    }
    if let first = options.first, !first.hasPrefix("-") {
      throw ValidationError(
        "options for sbatch stand after --, e.g. --partition=long, not \(first)")
    }
    if let word = options.first(where: { $0.unicodeScalars.contains { $0.value < 32 } }) {
      throw ValidationError("an option after -- has to be on one line: \(word)")
    }
  }

  /// The script. sbatch reads its lines that begin with #SBATCH.
  var text: String {
    var lines = [
      "#!/bin/bash", "#SBATCH --job-name=regrok", "#SBATCH --array=1-\(workers)",
      "#SBATCH --cpus-per-task=\(jobs)", "#SBATCH --requeue",
      // Two minutes before the end, so that the state is saved.
      "#SBATCH --signal=B:TERM@120",
      // Keep the output from before a requeue.
      "#SBATCH --output=\(Self.word(logs + "/%A-%a.log"))", "#SBATCH --open-mode=append",
    ]
    if let time { lines.append("#SBATCH --time=\(time)") }
    for option in options {
      if option.hasPrefix("-") {
        lines.append("#SBATCH \(Self.word(option))")
      } else {
        lines[lines.count - 1] += " " + Self.word(option)
      }
    }
    // The worker replaces the shell, so it gets the signal.
    lines.append("exec " + command.map(ShellWord.quoted).joined(separator: " "))
    return lines.joined(separator: "\n") + "\n"
  }

  /// As sbatch reads it: quotes, and no other character of a shell.
  private static func word(_ word: String) -> String {
    guard word.utf8.contains(where: " \"'\\#".utf8.contains) else { return word }
    return "\"" + word.escaping { $0 == "\\" || $0 == "\"" ? "\\\($0)" : nil } + "\""
  }
}
