import Foundation
import Testing

/// Finished runs and their bundles, made once by the program itself.
final class SealedRuns: Sendable {
  static let shared = SealedRuns()

  /// Claims about these runs, with Greek letters.
  static let claims = """
    title: Of small runs
    experiments: {all: {where: true, spectra: low}}
    claims:
      - says: V falls, as ηλ says
        headline:
          name: T̃, V at the end over V at the start
          runs: all
          mean: last(squared_norm) / first(squared_norm)
          band: {below: 1, source: ours}
        beside: {name: bins, runs: all, mean: last(spectrum.bins)}
      - {says: Seeds are labels, not_testable: nobody can see it}

    """

  /// Holds `a`, `b` (another seed) and `forged` (`a` with one number changed) as directories and as
  /// `*.tar.zst`, `thin.tar.zst` (of `a`), `c.yaml` and `claims.yaml`.
  let folder = TemporaryFolder()
  var path: String { folder.path }

  private init() {
    let config = """
      task: {name: modular-addition, modulus: 7}
      model: {width: 16, heads: 2, feedforward: 32}
      batch: 16
      max_steps: 40
      log_interval: 4
      checkpoint_interval: 12
      """
    folder.put(config, "c.yaml")
    folder.put(Self.claims, "claims.yaml")
    // The validation loss of step 16 loses its last digit, wherever that digit stands.
    let script = """
      set -e
      "$R" run c.yaml -o a --quiet
      "$R" run c.yaml --set seed=43 -o b --quiet
      cp -r a forged
      sed -i 's/^\\(16,[^,]*,[^,]*,[^,]*\\)[0-9],/\\1,/' forged/trace/metrics.csv
      for run in a b forged; do "$R" pack $run -o $run.tar.zst; done
      "$R" pack a --thin -o thin.tar.zst
      """
    let answer = try? Program.shell(script, in: path)
    precondition(answer?.status == 0, "the runs could not be made: \(answer?.error ?? "")")
  }

  /// Runs the program in the folder of these runs.
  static func ask(_ arguments: String) throws -> Program.Answer {
    try Program.shell("\"$R\" " + arguments, in: shared.path)
  }
}
