import Configs
import Files
import Foundation
import Programs
import RunRecords
import Sweeps

/// A shell script as a program, with its file and a plan of it. Each execution is counted.
struct ProgramPlan {
  let directory = TemporaryDirectory()
  let text: String

  /// Two rates with two seeds.
  static let fourCells = """
    program: p.yaml
    experiments:
      - name: rates
        grid: {lr: [0.1, 0.2]}
        seeds: 1..2
    """

  /// - Parameters:
  ///   - script: What the program does after its curves; the rate and the seed are `$1` and `$2`.
  ///   - extra: More lines of the program file.
  init(_ script: String = "", plan: String = Self.fourCells, extra: String = "") {
    text = plan
    directory.write(
      Array(
        """
        place='\(directory.path)'
        echo "$1 $2" >> "$place/executions"
        echo step,loss > metrics.csv
        for n in 0 1 2; do echo $n,$1$2$n >> metrics.csv; done
        echo "$1" > "$RUN_OUTPUT/rate.txt"
        \(script)

        """.utf8), to: "train.sh")
    directory.write(
      Array(
        """
        run: [sh, train.sh, "{config.lr}", "{config.seed}"]
        config: {lr: 1, seed: 0}
        inputs: [train.sh]
        \(extra)

        """.utf8), to: "p.yaml")
  }

  /// The folder of the sealed cells.
  var out: String { directory.path + "/out" }

  func sweep() throws -> Sweep {
    let folder = directory.path
    let reader = SweepPrograms.Reader(
      text: { name throws(ProgramError) in
        String(decoding: content(folder + "/" + name) ?? [], as: UTF8.self)
      },
      config: { name throws(ProgramError) in throw .request(reason: "\(name) is not there") })
    let plan = try SweepPlan(yaml: text, file: "plan.yaml", program: reader.config(of:))
    let programs = try reader.find(
      in: folder, plan: plan, own: [], directory: SweepDirectory(out),
      secrets: SecretCheck(allowed: []))
    return try Sweep(plan, programs: programs)
  }

  /// One entry per execution, such as "0.1 2".
  var executions: [String] {
    String(decoding: content(directory.path + "/executions") ?? [], as: UTF8.self)
      .split(separator: "\n").map(String.init)
  }

  /// The names of the bundles, sorted.
  func bundleNames() throws -> [String] { try bundles(out).keys.sorted() }

  /// The directory in which an earlier process kept a program's run before it was sealed.
  func runDirectory(_ runID: String) -> ProgramRunDirectory {
    ProgramRunDirectory("run", in: "\(out)/.work/\(runID)/\(Self.earlier)")
  }

  /// The identity of an earlier process's claim.
  static let earlier = "0123456789abcdef"
}
