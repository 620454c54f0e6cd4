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

  /// c[i, j] = Σ_k a[k, i] · b[k, j] for `rows` values of i: the left factor is a transpose, a[k · rowStride + i].
  ///
  /// The depth is cut at `depthBlock`; a chain goes on from the stored partial sum, which is the same chain.
  ///
  /// SAFETY: `a` has `depth` rows of at least `rows` elements, `scratch` room for `scratchCount`, the rest as in
  /// `multiply`.
  @unsafe package static func multiplyTransposed(
    _ a: UnsafePointer<Float>, rowStride: Int, rows: Int, depth: Int,
    panels: UnsafePointer<Float>, panelStride: Int, columns: Int,
    into c: UnsafeMutablePointer<Float>, cRowStride: Int, scratch: UnsafeMutablePointer<Float>
  ) {
    var start = 0
    repeat {
      let length = min(depthBlock, depth &- start)
      var row = 0
      while row < rows {
        let height = Tile.height(atMost: rows &- row)
        unsafe packColumns(
          a + (start &* rowStride &+ row), rowStride: rowStride, depth: length, height: height,
          readable: rows &- row, into: scratch)
        let left = unsafe Tile.Left(columns: scratch, height: height)
        var column = 0
        while column < columns {
          let tile = unsafe Tile(
            panel: panels + ((column / 16) &* panelStride &+ start &* 16),
            panelStride: panelStride, depth: length, columns: min(Tile.columns, columns &- column),
            bias: nil, resumes: start > 0, cRowStride: cRowStride)
          _ = unsafe tile.multiply(left, height, into: c + (row &* cRowStride &+ column))
          column &+= Tile.columns
        }
        row &+= height
      }
      start &+= depthBlock
    } while start < depth
  }

  /// Packs a[k, 0 ..< height] of `depth` rows one behind the other.
  ///
  /// SAFETY: rows of `source` have `readable` elements, at least `height`; `packed` has room for depth · height + 16.
  @unsafe private static func packColumns(
    _ source: UnsafePointer<Float>, rowStride: Int, depth: Int, height: Int, readable: Int,
    into packed: UnsafeMutablePointer<Float>
  ) {
    if height <= 16 && height >= 4 && readable >= 16 {
      // Each store's surplus is overwritten by the next.
      for k in 0..<depth { unsafe store(load16(source, k &* rowStride), packed, k &* height) }
    } else if height <= 8 && height >= 4 && readable >= 8 {
      for k in 0..<depth { unsafe store(load8(source, k &* rowStride), packed, k &* height) }
    } else {
      for k in 0..<depth {
        for i in 0..<height { unsafe packed[k &* height &+ i] = source[k &* rowStride &+ i] }
      }
    }
  }

  /// The depth a transposed product works on at once: a panel of it and the packed rows stay in the first cache.
  package static let depthBlock = 256

  /// Floats of scratch that a transposed product needs.
  package static let scratchCount = depthBlock * Tile.rows + 16
}
