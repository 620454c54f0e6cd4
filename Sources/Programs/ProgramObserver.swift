/// Observes programs while they run, on the thread that runs them.
package protocol ProgramObserver: AnyObject {
  /// An attempt begins. The first has the number 1.
  func began(attempt: Int)
  /// Rows were added to the curves, as far as these can be read. Returning true asks the program to
  /// end.
  func logged(_ reader: MetricsReader) -> Bool
  /// Called several times a second. A demand that it returns asks the program to end.
  func demand() -> ChildProcess.Demand?
}
