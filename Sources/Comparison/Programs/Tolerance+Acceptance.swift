public import RunRecords

extension Tolerance {
  /// Whether `other` is close enough to the sealed value; either bound suffices.
  ///
  /// Equal values always are, and NaN is to NaN. Otherwise NaN and infinities are close to nothing,
  /// and nothing is close to a sealed 0 by the relative bound.
  public func accepts(_ other: Double, for sealed: Double) -> Bool {
    if sealed == other || sealed.isNaN && other.isNaN { return true }
    let distance = (other - sealed).magnitude
    guard distance.isFinite else { return false }
    return absolute.map { distance <= $0 } ?? false
      || relative.map { distance <= $0 * sealed.magnitude } ?? false
  }

  /// The same for two integers. Their distance is exact even if binary64 does not have the integers
  /// themselves.
  public func accepts(_ other: Int, for sealed: Int) -> Bool {
    guard case .number(let distance) = Distance(sealed, other) else { return false }
    return distance == 0 || absolute.map { distance <= $0 } ?? false
      || relative.map { distance <= $0 * Double(sealed.magnitude) } ?? false
  }

  /// The same for a cell. Numbers are judged by their distance; gaps and texts are never close.
  func accepts(_ cell: ColumnDifference.Cell) -> Bool {
    if case (.integer(let a), .integer(let b)) = (cell.a, cell.b) { return accepts(b, for: a) }
    guard let a = cell.a?.double, let b = cell.b?.double else { return false }
    return accepts(b, for: a)
  }
}
