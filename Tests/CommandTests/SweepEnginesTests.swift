import Foundation
import Testing

/// What `regrok sweep` offers to those who start many of its processes.
@Suite struct SweepEnginesTests {
  private static func folder() -> TemporaryFolder {
    let folder = TemporaryFolder()
    folder.put(
      """
      preset: tiny
      set: {checkpoint_interval: 0, max_steps: 60, log_interval: 10}
      experiments:
        - {name: few, seeds: 1..3}
      """, "plan.yaml")
    return folder
  }

  private let folder = folder()

  private func sweep(_ words: String...) throws -> Program.Answer {
    try Program.run(["sweep", "plan.yaml", "-o", "out"] + words, in: folder.path)
  }

  @Test func aScriptForSlurmStartsWorkers() throws {
    let script = try sweep(
      "--slurm", "20", "--jobs", "2", "--time", "4:00:00", "--", "--partition=long", "--comment",
      "it's mine")
    #expect(script.status == 0)
    let lines = script.output.split(separator: "\n").map(String.init)
    #expect(lines.first == "#!/bin/bash")
    for line in [
      "--array=1-20", "--requeue", "--signal=B:TERM@120", "--cpus-per-task=2", "--time=4:00:00",
      "--partition=long", "--comment \"it's mine\"",
    ] { #expect(lines.contains("#SBATCH " + line), "\(line)") }
    // The script runs one worker, by absolute paths, which hold wherever the job starts.
    let last = try #require(lines.last)
    #expect(last.hasPrefix("exec /") && last.hasSuffix("/out --worker --jobs 2"))
    #expect(last.contains(" sweep /") && last.contains("/plan.yaml --output /"))
    // Slurm ends a job whose folder for output is missing.
    let logs = try #require(lines.first { $0.hasPrefix("#SBATCH --output=") })
      .dropFirst("#SBATCH --output=".count)
    #expect(FileManager.default.fileExists(atPath: String(logs.dropLast("/%A-%a.log".count))))
    #expect(script.error.contains("regrok: 3 of 3 configs missing, "))
    #expect(script.error.contains(" core-hours\n"))
    #expect(script.error.contains("regrok: the longest trajectory takes "))
    // A shell can run the script: it does the work, and the second time nothing.
    folder.put(script.output, "job")
    let work = try Program.shell("bash job && bash job", in: folder.path)
    #expect(work.status == 0, "\(work.error)")
    #expect(
      work.output
        == "3 of 3 configs sealed\n3 of 3 configs sealed; 3 were there already\n")
  }

  @Test func theStatusIsReadFromFiles() throws {
    var status = try sweep("--status", "--json")
    #expect(status.status == 0)
    #expect(
      status.output
        == """
        {"configs":3,"done":0,"failed":[],"missing":3,"not_applicable":[],"running":[],\
        "seconds_left":null,"waiting":0}\n
        """
    )
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/out"))
    #expect(try sweep("--worker").output == "3 of 3 configs sealed\n")
    status = try sweep("--status")
    #expect(status.output == "done      3 of 3 configs\nrunning   0\nmissing   0\nfailed    0\n")
  }

  @Test func whatFailedIsShownUntilItIsDone() throws {
    try FileManager.default.createDirectory(
      atPath: folder.path + "/out/.work", withIntermediateDirectories: true)
    // No claim can be made.
    folder.put("no folder", "out/.work/claims")
    let answer = try sweep("--jobs", "1")
    #expect(answer.status == 74)
    #expect(answer.error.contains("out/.work/claims"))
    try FileManager.default.removeItem(atPath: folder.path + "/out/.work/claims")
    #expect(try sweep().status == 0)
  }

  @Test func cleaningLeavesWhatIsSealed() throws {
    #expect(try sweep().status == 0)
    #expect(try sweep("--clean").status == 0)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/out")
    #expect(names.count == 3 && names.allSatisfy { $0.hasSuffix(".tar.zst") })
    #expect(try sweep("--clean").output == "there was no work in progress\n")
  }

  @Test(arguments: [
    (["--worker", "--status"], "--worker and --status cannot be used together"),
    (["--time", "4"], "--time and options after -- are only for --slurm"),
    (["--slurm", "0"], "--slurm has to be 1 to 100000 workers, not 0"),
    (
      ["--slurm", "2", "--time", "soon"],
      "--time has to be a time as sbatch takes it, e.g. 4:00:00, not soon"
    ),
    (
      ["--slurm", "2", "--", "long"],
      "options for sbatch stand after --, e.g. --partition=long, not long"
    ),
    (["--slurm", "2", "--", "--a\nb"], "an option after -- has to be on one line: --a b"),
  ])
  func whatDoesNotGoTogetherIsSaid(words: [String], message: String) throws {
    let answer = try Program.run(["sweep", "plan.yaml"] + words, in: folder.path)
    #expect(answer.status == 64)
    #expect(answer.error.contains(message), "\(answer.error)")
  }

  @Test func theEnginesAreATopicOfTheHelp() throws {
    let answer = try Program.run("help", "engines", in: folder.path)
    #expect(answer.status == 0)
    for word in ["--slurm", "parallel -N0", "ssh ", "kind: Job", "--worker"] {
      #expect(answer.output.contains(word), "\(word)")
    }
    let lines = answer.output.split(separator: "\n")
    #expect(lines.allSatisfy { $0.count <= 100 })
  }
}
