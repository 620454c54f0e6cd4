// The matrix product (SPEC.md, "Matrix product"): every output is one chain of fused multiply-adds over ascending k,
// from +0. Blocking only changes which outputs are computed together, so all paths give the plain loop's bits.
//
// The right factor lies in panels of 16 columns, [k][16], zero-padded to full panels. The left factor is read in
// place, or packed where it is a transpose. Tile.swift computes the outputs a tile at a time.

/// Packing and multiplying; pointers in, pointers out. `MatrixProduct.multiply` is the safe form.
package enum Panels {
  /// Floats in the panels of a right factor with `depth` rows and `columns` columns.
  @inlinable package static func count(depth: Int, columns: Int) -> Int {
    depth * columns.roundedUpTo16
  }

  /// Packs b[k, j] = source[k · rowStride + j], columns `first` ..< `first` + 16 (zeros from `columns` on).
  ///
  /// SAFETY: `source` has `depth` rows of `columns` elements, `panel` room for depth · 16.
  @unsafe package static func packRows(
    _ source: UnsafePointer<Float>, rowStride: Int, depth: Int, first: Int, columns: Int,
    into panel: UnsafeMutablePointer<Float>
  ) {
    if first &+ 16 <= columns {
      for k in 0..<depth {
        unsafe store(load16(source, k &* rowStride &+ first), panel, k &* 16)
      }
    } else {
      let valid = columns &- first
      for k in 0..<depth {
        for lane in 0..<16 {
          unsafe panel[k &* 16 &+ lane] =
            lane < valid ? source[k &* rowStride &+ first &+ lane] : 0
        }
      }
    }
  }

  /// Packs b[k, j] = source[j · rowStride + k], columns `first` ..< `first` + 16 (zeros from `columns` on).
  ///
  /// SAFETY: `source` has `columns` rows of `depth` elements, `panel` room for depth · 16.
  @unsafe package static func packTransposed(
    _ source: UnsafePointer<Float>, rowStride: Int, depth: Int, first: Int, columns: Int,
    into panel: UnsafeMutablePointer<Float>
  ) {
    let valid = min(16, columns &- first)
    for lane in 0..<16 {
      if lane < valid {
        let row = unsafe source + (first &+ lane) &* rowStride
        for k in 0..<depth { unsafe panel[k &* 16 &+ lane] = row[k] }
      } else {
        for k in 0..<depth { unsafe panel[k &* 16 &+ lane] = 0 }
      }
    }
  }

  /// c[i, j] = Σ_k a[i, k] · b[k, j] (+ bias[j]) for `rows` rows, a read at a[i · rowStride + k].
  ///
  /// SAFETY: `a` has `rows` rows of `depth` elements, `panels` holds ⌈columns/16⌉ panels `panelStride` floats apart, each
  /// depth · 16 long, `bias` (if any) and every row of `c` have room for `columns` elements; nothing overlaps `c`.
  @unsafe package static func multiply(
    _ a: UnsafePointer<Float>, rowStride: Int, rows: Int, depth: Int,
    panels: UnsafePointer<Float>, panelStride: Int, columns: Int,
    bias: UnsafePointer<Float>? = nil, into c: UnsafeMutablePointer<Float>, cRowStride: Int
  ) {
    var column = 0
    while column < columns {
      let width = min(Tile.columns, columns &- column)
      let tile = unsafe Tile(
        panel: panels + (column / 16) &* panelStride, panelStride: panelStride, depth: depth,
        columns: width, bias: bias.map { unsafe $0 + column }, resumes: false,
        cRowStride: cRowStride)
      var row = 0
      while row < rows {
        let left = unsafe Tile.Left(rows: a + row &* rowStride, rowStride: rowStride)
        row &+= unsafe tile.multiply(left, rows &- row, into: c + (row &* cRowStride &+ column))
      }
      column &+= Tile.columns
    }
  }

  /// Packs the left factor of a transposed product: a[k, i] = source[k · rowStride + i] for `rows` values of i, in panels
  /// of `Tile.rows` rows, [k][Tile.rows].
  ///
  /// SAFETY: `source` has `depth` rows of `rows` elements, `packed` room for `transposedCount`.
  @unsafe package static func packTransposedLeft(
    _ source: UnsafePointer<Float>, rowStride: Int, rows: Int, depth: Int,
    into packed: UnsafeMutablePointer<Float>
  ) {
    let height = Tile.rows
    for row in stride(from: 0, to: rows, by: height) {
      let panel = unsafe packed + row &* depth
      if row &+ 16 <= rows {
        // Each store's surplus is overwritten by the next, the last one's by the next panel.
        for k in 0..<depth {
          unsafe store(load16(source, k &* rowStride &+ row), panel, k &* height)
        }
      } else {
        let valid = min(height, rows &- row)
        for k in 0..<depth {
          for i in 0..<valid { unsafe panel[k &* height &+ i] = source[k &* rowStride &+ row &+ i] }
        }
      }
    }
  }

  /// Rows of a panel of a packed left factor.
  package static var leftRows: Int { Tile.rows }

  /// Floats of a packed left factor, with room for a store that goes beyond.
  package static func transposedCount(depth: Int, rows: Int) -> Int {
    depth * (rows + 16) + 16
  }

  /// c[i, j] = Σ_k a[k, i] · b[k, j] for `rows` values of i, the left factor packed by `packTransposedLeft`.
  ///
  /// The depth is cut at `depthBlock`; a chain goes on from the stored partial sum, which is the same chain.
  ///
  /// SAFETY: `a` has the panels of `rows` and `depth`, the rest as in `multiply`.
  @unsafe package static func multiplyTransposed(
    _ a: UnsafePointer<Float>, rows: Int, depth: Int,
    panels: UnsafePointer<Float>, panelStride: Int, columns: Int,
    into c: UnsafeMutablePointer<Float>, cRowStride: Int
  ) {
    var start = 0
    repeat {
      let length = min(depthBlock, depth &- start)
      var column = 0
      while column < columns {
        let tile = unsafe Tile(
          panel: panels + ((column / 16) &* panelStride &+ start &* 16),
          panelStride: panelStride, depth: length, columns: min(Tile.columns, columns &- column),
          bias: nil, resumes: start > 0, cRowStride: cRowStride)
        var row = 0
        while row < rows {
          // A panel's rows may be taken by several lower tiles.
          let inPanel = row % Tile.rows
          let left = unsafe Tile.Left(
            packed: a + ((row &- inPanel) &* depth &+ start &* Tile.rows &+ inPanel))
          row &+= unsafe tile.multiply(left, rows &- row, into: c + (row &* cRowStride &+ column))
        }
        column &+= Tile.columns
      }
      start &+= depthBlock
    } while start < depth
  }

  /// The depth a transposed product works on at once, so that the right factor's panels stay in the first cache.
  package static let depthBlock = 256
}
