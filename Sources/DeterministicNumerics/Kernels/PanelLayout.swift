/// How a matrix lies in memory: its columns in panels of 16. Element (i, j) is at base[i ·
/// rowStride + (j / 16) · panelStride + j % 16]. In a row-major matrix the panels stand side by
/// side.
///
/// It is public because members of a type that is not are never inlined in another module.
public struct PanelLayout {
  public let rowStride: Int
  public let panelStride: Int

  @inlinable package init(rowStride: Int, panelStride: Int) {
    self.rowStride = rowStride
    self.panelStride = panelStride
  }

  /// Rows one after the other, `rowStride` apart.
  @inlinable package static func rowMajor(_ rowStride: Int) -> PanelLayout {
    PanelLayout(rowStride: rowStride, panelStride: 16)
  }

  /// Panels one after the other, each with all `rows`.
  @inlinable package static func panels(rows: Int) -> PanelLayout {
    PanelLayout(rowStride: 16, panelStride: rows * 16)
  }

  /// Where an element lies.
  @inlinable @inline(__always)
  package func offset(row: Int, column: Int = 0) -> Int {
    row &* rowStride &+ column / 16 &* panelStride &+ column & 15
  }
}
