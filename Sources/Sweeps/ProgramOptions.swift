package import Programs

/// How a sweep performs the programs of its plan.
package struct ProgramOptions: Sendable {
  /// How many run side by side, where their limits allow it.
  package var jobs = 1
  /// Whether one that failed is sealed as it is.
  package var keepsFailed = false
  /// Whether those whose cells are finished are performed once more.
  package var performsAgain = false
  /// Asked several times a second while one runs; what it gives asks for that one's end.
  package var demand: @Sendable () -> ChildProcess.Demand? = { nil }

  package init() {}
}
