package import Programs

/// How a sweep runs the programs of its plan.
package struct ProgramOptions: Sendable {
  /// The most programs that run at once, as far as their limits allow.
  package var jobs = 1
  /// Whether a run that failed is sealed as it is.
  package var keepsFailed = false
  /// Whether programs whose cells are finished run once more.
  package var performsAgain = false
  /// Called several times a second while a program runs. A demand that it returns asks that program
  /// to end.
  package var demand: @Sendable () -> ChildProcess.Demand? = { nil }

  package init() {}
}
