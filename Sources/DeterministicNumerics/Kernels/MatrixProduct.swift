// The matrix product (SPEC.md, "Matrix product"): every output is one chain of fused multiply-adds
// over ascending k, from +0. Blocking only changes which outputs are computed together, so all
// paths give the plain loop's bits.
//
// Every factor and every product is laid out as its `PanelLayout` says. A right factor is fastest
// in panels. An activation in panels is read where it stands: as a left factor, as a right factor,
// or transposed. Tile.swift computes the outputs a tile at a time.

/// Packing and multiplying; pointers in, pointers out. `MatrixProduct.multiply` is the safe form.
package enum Panels {
  /// How many floats the panels of a right factor with `depth` rows and `columns` columns have.
  @inlinable package static func count(depth: Int, columns: Int) -> Int {
    depth * columns.roundedUpTo16
  }

  /// Packs b[k, j] = source[k · rowStride + j] for columns `first` ..< `first` + 16, with zeros
  /// from `columns` on.
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

  /// Packs b[k, j] = source[j · rowStride + k] for columns `first` ..< `first` + 16, with zeros
  /// from `columns` on.
  ///
  /// SAFETY: `source` has `columns` rows of `depth` elements, `panel` room for depth · 16.
  @unsafe package static func packTransposed(
    _ source: UnsafePointer<Float>, rowStride: Int, depth: Int, first: Int, columns: Int,
    into panel: UnsafeMutablePointer<Float>
  ) {
    let source = unsafe source + first &* rowStride
    let valid = min(16, columns &- first)
    var k = 0
    if valid == 16 {
      while k &+ 8 <= depth {
        unsafe transpose8(source + k, rowStride, into: panel + k &* 16)
        unsafe transpose8(source + (8 &* rowStride &+ k), rowStride, into: panel + (k &* 16 &+ 8))
        k &+= 8
      }
    }
    while k < depth {
      for lane in 0..<16 {
        unsafe panel[k &* 16 &+ lane] = lane < valid ? source[lane &* rowStride &+ k] : 0
      }
      k &+= 1
    }
  }

  /// target[k · 16 + lane] = source[lane · rowStride + k] for eight values of k and of lane.
  ///
  /// SAFETY: `source` and `target` have these elements.
  @unsafe @inline(__always)
  private static func transpose8(
    _ source: UnsafePointer<Float>, _ rowStride: Int, into target: UnsafeMutablePointer<Float>
  ) {
    typealias Row = SIMD8<Float>
    // First pairs of lanes are interleaved, then pairs of pairs, then halves. The compiler makes
    // shuffles of what is written lane by lane.
    func low(_ a: Row, _ b: Row) -> Row { Row(a[0], b[0], a[1], b[1], a[4], b[4], a[5], b[5]) }
    func high(_ a: Row, _ b: Row) -> Row { Row(a[2], b[2], a[3], b[3], a[6], b[6], a[7], b[7]) }
    func lowPairs(_ a: Row, _ b: Row) -> Row { Row(a[0], a[1], b[0], b[1], a[4], a[5], b[4], b[5]) }
    func highPairs(_ a: Row, _ b: Row) -> Row {
      Row(a[2], a[3], b[2], b[3], a[6], a[7], b[6], b[7])
    }
    let (r0, r1) = unsafe (load8(source, 0), load8(source, rowStride))
    let (r2, r3) = unsafe (load8(source, 2 &* rowStride), load8(source, 3 &* rowStride))
    let (r4, r5) = unsafe (load8(source, 4 &* rowStride), load8(source, 5 &* rowStride))
    let (r6, r7) = unsafe (load8(source, 6 &* rowStride), load8(source, 7 &* rowStride))
    let (s0, s1, s2, s3) = (low(r0, r1), high(r0, r1), low(r2, r3), high(r2, r3))
    let (s4, s5, s6, s7) = (low(r4, r5), high(r4, r5), low(r6, r7), high(r6, r7))
    let (t0, t1, t2, t3) = (
      lowPairs(s0, s2), highPairs(s0, s2), lowPairs(s1, s3), highPairs(s1, s3)
    )
    let (t4, t5, t6, t7) = (
      lowPairs(s4, s6), highPairs(s4, s6), lowPairs(s5, s7), highPairs(s5, s7)
    )
    unsafe store(Row(lowHalf: t0.lowHalf, highHalf: t4.lowHalf), target, 0)
    unsafe store(Row(lowHalf: t1.lowHalf, highHalf: t5.lowHalf), target, 16)
    unsafe store(Row(lowHalf: t2.lowHalf, highHalf: t6.lowHalf), target, 32)
    unsafe store(Row(lowHalf: t3.lowHalf, highHalf: t7.lowHalf), target, 48)
    unsafe store(Row(lowHalf: t0.highHalf, highHalf: t4.highHalf), target, 64)
    unsafe store(Row(lowHalf: t1.highHalf, highHalf: t5.highHalf), target, 80)
    unsafe store(Row(lowHalf: t2.highHalf, highHalf: t6.highHalf), target, 96)
    unsafe store(Row(lowHalf: t3.highHalf, highHalf: t7.highHalf), target, 112)
  }

  /// c[i, j] = Σ_k a[i, k] · b[k, j] (+ bias[j]) for `rows` rows.
  ///
  /// SAFETY: `a` has `rows` rows of `depth` elements. `b` has `depth` rows of ⌈columns/16⌉ whole
  /// panels. `bias` (if any) and the rows of `c` have `columns` elements. Nothing overlaps `c`.
  @unsafe package static func multiply(
    _ a: UnsafePointer<Float>, _ aLayout: PanelLayout, rows: Int, depth: Int,
    by b: UnsafePointer<Float>, _ bLayout: PanelLayout, columns: Int,
    bias: UnsafePointer<Float>? = nil, into c: UnsafeMutablePointer<Float>, _ cLayout: PanelLayout
  ) {
    for column in stride(from: 0, to: columns, by: Tile.columns) {
      let tile = unsafe Tile(
        right: b + bLayout.offset(row: 0, column: column), bLayout, depth: depth,
        columns: min(Tile.columns, columns &- column), bias: bias.map { unsafe $0 + column },
        resumes: false, result: cLayout)
      let out = unsafe c + cLayout.offset(row: 0, column: column)
      var row = 0
      while row < rows {
        let left = unsafe Tile.Left(a + row &* aLayout.rowStride, rowsOf: aLayout)
        row &+= unsafe tile.multiply(left, rows &- row, into: out + row &* cLayout.rowStride)
      }
    }
  }

  /// c[i, j] = Σ_k a[k, i] · b[k, j] for `rows` values of i; if wanted, also the column sums Σ_k
  /// a[k, i] (SPEC.md, "Column sums").
  ///
  /// The depth is cut into blocks of `depthBlock`. A chain continues from the stored partial sum,
  /// which makes it the same chain.
  ///
  /// SAFETY: `a` has `depth` rows of `rows` elements, and `columnSums` has room for `rows`. The
  /// rest is as in `multiply`.
  @unsafe package static func multiplyTransposed(
    _ a: UnsafePointer<Float>, _ aLayout: PanelLayout, rows: Int, depth: Int,
    by b: UnsafePointer<Float>, _ bLayout: PanelLayout, columns: Int,
    into c: UnsafeMutablePointer<Float>, _ cLayout: PanelLayout,
    columnSums: UnsafeMutablePointer<Float>? = nil
  ) {
    // The rows of a tile stand side by side in `a`: those of one panel, or all if panels stand side
    // by side.
    let together = aLayout.panelStride == 16 ? max(rows, 16) : 16
    var start = 0
    repeat {
      let length = min(depthBlock, depth &- start)
      let block = unsafe a + start &* aLayout.rowStride
      if let sums = unsafe columnSums {
        unsafe ColumnSum.sum(
          block, aLayout, rows: length, columns: rows, into: sums, resumes: start > 0)
      }
      for column in stride(from: 0, to: columns, by: Tile.columns) {
        let tile = unsafe Tile(
          right: b + bLayout.offset(row: start, column: column), bLayout, depth: length,
          columns: min(Tile.columns, columns &- column), bias: nil, resumes: start > 0,
          result: cLayout)
        let out = unsafe c + cLayout.offset(row: 0, column: column)
        for first in stride(from: 0, to: rows, by: together) {
          let panel = unsafe block + first / 16 &* aLayout.panelStride
          let end = min(rows, first &+ together)
          var row = first
          while row < end {
            let left = unsafe Tile.Left(panel + (row &- first), columnsOf: aLayout)
            row &+= unsafe tile.multiply(left, end &- row, into: out + row &* cLayout.rowStride)
          }
        }
      }
      start &+= depthBlock
    } while start < depth
  }

  /// The depth that a transposed product works on at once, so that the factors' panels stay in the
  /// first caches.
  package static let depthBlock = 256
}
