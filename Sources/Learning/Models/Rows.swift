internal import DeterministicNumerics

/// Rows of activations, laid out so that they can be either factor of a product without a copy.
@safe final class Rows {
  let base: UnsafeMutablePointer<Float>
  let layout: PanelLayout
  /// ⌈width/16⌉.
  let panelCount: Int
  private let storage: FloatStorage

  private init(count: Int, width: Int, _ layout: PanelLayout) {
    storage = FloatStorage(count: count)
    unsafe base = storage.base
    panelCount = (width + 15) / 16
    self.layout = layout
  }

  /// In panels of 16 columns. The width is rounded up to whole panels.
  static func panels(_ rows: Int, width: Int) -> Rows {
    let stride = padded(rows * 16)
    return Rows(
      count: (width + 15) / 16 * stride, width: width,
      PanelLayout(rowStride: 16, panelStride: stride))
  }

  /// One row after another, for what is read row by row. The width is a multiple of 16.
  static func rowMajor(_ rows: Int, width: Int) -> Rows {
    Rows(count: rows * padded(width), width: width, .rowMajor(padded(width)))
  }

  /// Where 16 columns of a row begin, from `column` on.
  @inline(__always)
  func row(_ row: Int, column: Int = 0) -> UnsafeMutablePointer<Float> {
    unsafe base + layout.offset(row: row, column: column)
  }

  /// The layout of every `step`-th row.
  func every(_ step: Int) -> PanelLayout {
    PanelLayout(rowStride: step * layout.rowStride, panelStride: layout.panelStride)
  }

  /// Calls `body` with the start and the length of each contiguous run of numbers of these rows.
  /// Only for rows in panels.
  @inline(__always)
  func forEachPanel(_ rows: Range<Int>, _ body: (_ first: Int, _ count: Int) -> Void) {
    for panel in 0..<panelCount {
      body(panel * layout.panelStride + rows.lowerBound * 16, rows.count * 16)
    }
  }

  /// Adds the same rows of `other`.
  func add(_ other: Rows, _ rows: Range<Int>) {
    for row in rows { add(other, row: row, to: row) }
  }

  /// Adds a row of `source` to row `target`, which has the same width.
  func add(_ source: Rows, row: Int, to target: Int) {
    unsafe RowUpdate.addPanels(
      source.row(row), source.layout.panelStride, to: self.row(target), layout.panelStride,
      count: panelCount)
  }

  /// Rounds a stride up to an odd number of cache lines. Otherwise the same column of every row, or
  /// panel, would compete for the same places in the cache.
  private static func padded(_ stride: Int) -> Int { stride / 16 % 2 == 0 ? stride + 16 : stride }
}
