/// Sees programs run, on the thread that runs them.
package protocol ProgramObserver: AnyObject {
  /// An attempt begins; the first has the number 1.
  func began(attempt: Int)
  /// Rows have been added to its curves, as far as they can be read; true asks for the program's
  /// end.
  func logged(_ reader: MetricsReader) -> Bool
  /// Called several times a second; what it gives asks for an end.
  func demand() -> ChildProcess.Demand?
}
