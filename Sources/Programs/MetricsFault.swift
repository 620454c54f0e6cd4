/// What is wrong with a file of curves or an outcome.
package struct MetricsFault: Error, Sendable, Hashable {
  /// Counts from 1; 0 stands for the whole file.
  package var line: Int
  package var reason: String

  package init(line: Int, reason: String) {
    self.line = line
    self.reason = reason
  }
}

extension MetricsFault: CustomStringConvertible {
  package var description: String { line > 0 ? "line \(line): \(reason)" : reason }
}
