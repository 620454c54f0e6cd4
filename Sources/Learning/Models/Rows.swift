internal import DeterministicNumerics

/// Rows of activations, so laid out that they are any factor of a product where they stand.
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

  /// In panels of 16 columns; the width is rounded up to whole ones.
  static func panels(_ rows: Int, width: Int) -> Rows {
    let stride = padded(rows * 16)
    return Rows(
      count: (width + 15) / 16 * stride, width: width,
      PanelLayout(rowStride: 16, panelStride: stride))
  }

  /// One after the other, for what is read row by row; the width is a multiple of 16.
  static func rowMajor(_ rows: Int, width: Int) -> Rows {
    Rows(count: rows * padded(width), width: width, .rowMajor(padded(width)))
  }

  /// Where the first 16 columns of a row lie, or those from `column` on.
  @inline(__always)
  func row(_ row: Int, column: Int = 0) -> UnsafeMutablePointer<Float> {
    unsafe base + layout.offset(row: row, column: column)
  }

  /// How every `step`-th row lies.
  func every(_ step: Int) -> PanelLayout {
    PanelLayout(rowStride: step * layout.rowStride, panelStride: layout.panelStride)
  }

  /// Calls `body` with where each run of numbers of these rows begins and how long it is; of panels
  /// alone.
  @inline(__always)
  func forEachPanel(_ rows: Range<Int>, _ body: (_ first: Int, _ count: Int) -> Void) {
    for panel in 0..<panelCount {
      body(panel * layout.panelStride + rows.lowerBound * 16, rows.count * 16)
    }
  }

  /// Adds the same rows of another.
  func add(_ other: Rows, _ rows: Range<Int>) {
    for row in rows { add(other, row: row, to: row) }
  }

  /// Adds one row to another of the same width.
  func add(_ source: Rows, row: Int, to target: Int) {
    unsafe RowUpdate.addPanels(
      source.row(row), source.layout.panelStride, to: self.row(target), layout.panelStride,
      count: panelCount)
  }

  /// An odd number of cache lines, so that what stands in one place of every row, or panel, does
  /// not compete for the same places in the cache.
  private static func padded(_ stride: Int) -> Int { stride / 16 % 2 == 0 ? stride + 16 : stride }
}
