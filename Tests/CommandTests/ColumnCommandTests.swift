import Foundation
import Testing

/// Commands on runs that log additional columns.
@Suite struct ColumnCommandTests {
  private static let config = """
    task: {name: modular-addition, modulus: 7}
    model: {width: 16, heads: 2, feedforward: 32}
    batch: 16
    max_steps: 20
    log_interval: 4
    checkpoint_interval: 0

    """

  @Test func columnsThatOneRunAloneHasAreNamed() throws {
    let folder = TemporaryFolder()
    folder.put(Self.config, "c.yaml")
    let made = try Program.shell(
      """
      set -e
      "$R" run c.yaml -o plain --quiet
      "$R" run c.yaml --set log.columns=zero_loss,full_gradient -o more --quiet
      head -1 more/trace/metrics.csv
      "$R" show more | grep '^log'
      """, in: folder.path)
    #expect(made.status == 0)
    #expect(made.output.contains("squared_norm,full_gradient_squared_norm,zero_loss\n"))
    #expect(made.output.contains("columns full_gradient, zero_loss"))

    let diff = try Program.shell("\"$R\" diff plain more --ignore config", in: folder.path)
    #expect(diff.status == 0)
    #expect(
      diff.output.contains(
        "full_gradient_squared_norm, zero_loss (only one of them has logged it)"))
    let ignoring = try Program.shell(
      "\"$R\" diff plain more --ignore config --ignore zero_loss", in: folder.path)
    #expect(ignoring.status == 0)
    #expect(ignoring.output.contains("full_gradient_squared_norm (only one"))
    let packed = try Program.shell(
      """
      "$R" pack more -o more.tar.zst && "$R" verify more.tar.zst && "$R" replay more.tar.zst
      """,
      in: folder.path)
    #expect(packed.status == 0)
    #expect(packed.output.contains("identical: 5 rows"))
  }

  /// A run directory with a config and no rows yet is valid.
  @Test func aRunThatHasJustBegunCanBeShown() throws {
    let folder = TemporaryFolder()
    folder.put(Self.config, "c.yaml")
    let shown = try Program.shell(
      """
      set -e
      "$R" run c.yaml --set log.columns=zero_loss -o run --quiet > /dev/null
      rm -r run/outcome.json run/trace
      "$R" show run
      """, in: folder.path)
    #expect(shown.status == 0, "\(shown.error)")
  }

  @Test func operationsHaveNoSpectra() throws {
    let folder = TemporaryFolder()
    folder.put(Self.config, "c.yaml")
    let answer = try Program.shell(
      """
      "$R" run c.yaml --set task.name=modular-operation --set task.operation=x-y -o run --quiet
      "$R" pack run -o run.tar.zst
      "$R" spectrum run.tar.zst
      """, in: folder.path)
    #expect(answer.status == 64)
    #expect(answer.error.contains("its task is neither addition nor multiplication modulo p"))
  }
}
