/// The innermost loop of a matrix product: a tile of outputs held in vector registers while k runs.
///
/// With 16 registers of 8 lanes (AVX2, NEON and what else has no more), a tile is 6 × 16: twelve accumulators, fed by two
/// loads and six broadcasts a step of k. With 32 registers of 16 lanes (AVX-512), it is 12 × 32, twenty-four accumulators.
/// Either covers the latency of the multiply-adds. Lower tiles take the rows that are left.
@safe struct Tile {
  #if AVX512
    typealias Vector = SIMD16<Float>
    /// Most columns of a tile.
    static let columns = 32
  #else
    typealias Vector = SIMD8<Float>
    static let columns = 16
  #endif

  private let right: UnsafePointer<Float>
  private let rightStride: Int
  #if AVX512
    /// From the first vector of a row of the right factor to the second.
    private let rightHigh: Int
  #else
    private var rightHigh: Int { 8 }
  #endif
  private let depth: Int
  private let columns: Int
  private let resumes: Bool
  private let hasBias: Bool
  private let lowBias: Vector
  private let highBias: Vector
  private let cRowStride: Int
  #if AVX512
    /// The same in the product.
    private let cHigh: Int
  #else
    private var cHigh: Int { 8 }
  #endif

  /// A right factor of up to `Tile.columns` columns.
  ///
  /// SAFETY: `right` has `depth` rows of whole panels up to `columns`; `bias` has `columns` elements.
  @unsafe @inline(__always)
  init(
    right: UnsafePointer<Float>, _ layout: PanelLayout, depth: Int, columns: Int,
    bias: UnsafePointer<Float>?, resumes: Bool, result: PanelLayout
  ) {
    unsafe self.right = right
    #if AVX512
      // A tile of one panel computes it twice; `finish` keeps one.
      rightHigh = columns > 16 ? layout.panelStride : 0
      cHigh = result.panelStride
    #endif
    rightStride = layout.rowStride
    self.depth = depth
    self.columns = columns
    self.resumes = resumes
    cRowStride = result.rowStride
    if let bias = unsafe bias {
      hasBias = true
      (lowBias, highBias) = unsafe Self.read(bias, columns, high: Vector.scalarCount)
    } else {
      hasBias = false
      (lowBias, highBias) = (Vector(), Vector())
    }
  }

  /// A left factor: the tile's row i at step k is read at base[i · rowStride + k · step + (k / 16) · jump].
  @safe struct Left {
    let base: UnsafePointer<Float>
    let rowStride: Int
    let step: Int
    let jump: Int
    let isTransposed: Bool

    /// The tile's rows are the matrix's.
    @unsafe @inline(__always)
    init(_ base: UnsafePointer<Float>, rowsOf layout: PanelLayout) {
      unsafe self.base = base
      rowStride = layout.rowStride
      step = 1
      jump = layout.panelStride &- 16
      isTransposed = false
    }

    /// The tile's rows are columns of the matrix that stand side by side.
    @unsafe @inline(__always)
    init(_ base: UnsafePointer<Float>, columnsOf layout: PanelLayout) {
      unsafe self.base = base
      rowStride = 1
      step = layout.rowStride
      jump = 0
      isTransposed = true
    }
  }

  /// The rows the next tile takes when so many are left: high tiles, or some of the next lower kind where that leaves no
  /// rest.
  @inline(__always)
  static func height(atMost rows: Int) -> Int {
    #if AVX512
      if rows >= 16 && rows % 12 == 4 { return 8 }
      return rows >= 12 ? 12 : rows >= 8 ? 8 : rows >= 4 ? 4 : 1
    #else
      let rest = rows % 6
      if rest > 0 && rows >= 5 &* (6 &- rest) { return 5 }
      return rows >= 6 ? 6 : rows >= 5 ? 5 : rows >= 4 ? 4 : 1
    #endif
  }

  /// Computes `height(atMost: rows)` rows and returns how many that were.
  ///
  /// SAFETY: `left` has that many rows of `depth` elements, `c` that many rows of `columns`.
  @unsafe @inline(__always)
  func multiply(_ left: Left, _ rows: Int, into c: UnsafeMutablePointer<Float>) -> Int {
    let height = Self.height(atMost: rows)
    switch (height, left.isTransposed) {
    #if AVX512
      case (12, true): unsafe multiply12(left.base, 1, left.step, 0, c)
      case (12, false): unsafe multiply12(left.base, left.rowStride, 1, left.jump, c)
      case (8, true): unsafe multiply8(left.base, 1, left.step, 0, c)
      case (8, false): unsafe multiply8(left.base, left.rowStride, 1, left.jump, c)
    #else
      case (6, true): unsafe multiply6(left.base, 1, left.step, 0, c)
      case (6, false): unsafe multiply6(left.base, left.rowStride, 1, left.jump, c)
      case (5, true): unsafe multiply5(left.base, 1, left.step, 0, c)
      case (5, false): unsafe multiply5(left.base, left.rowStride, 1, left.jump, c)
    #endif
    case (4, _): unsafe multiply4(left.base, left.rowStride, left.step, left.jump, c)
    default: unsafe multiply1(left.base, left.step, left.jump, c)
    }
    return height
  }
}

// MARK: A row of a tile

extension Tile {
  /// The accumulators of one row.
  private struct Row {
    var low: Vector
    var high: Vector

    @inline(__always)
    mutating func add(_ a: Float, _ low: Vector, _ high: Vector) {
      let a = Vector(repeating: a)
      self.low.addProduct(a, low)
      self.high.addProduct(a, high)
    }
  }

  /// Zeros, or what an earlier piece of the chain left in `c`.
  @unsafe @inline(__always)
  private func start(_ c: UnsafeMutablePointer<Float>, _ row: Int) -> Row {
    guard resumes else { return Row(low: Vector(), high: Vector()) }
    let (low, high) = unsafe Self.read(c + row &* cRowStride, columns, high: cHigh)
    return Row(low: low, high: high)
  }

  @unsafe @inline(__always)
  private func finish(_ row: Row, _ c: UnsafeMutablePointer<Float>, _ index: Int) {
    let low = hasBias ? row.low + lowBias : row.low
    let high = hasBias ? row.high + highBias : row.high
    let c = unsafe c + index &* cRowStride
    let lanes = Vector.scalarCount
    if columns == Self.columns {
      unsafe Self.write(low, c)
      unsafe Self.write(high, c + cHigh)
    } else if columns == lanes {
      unsafe Self.write(low, c)
    } else {
      for j in 0..<columns {
        unsafe c[j < lanes ? j : cHigh &+ j &- lanes] = j < lanes ? low[j] : high[j &- lanes]
      }
    }
  }

  /// `columns` numbers, zeros behind them; the second vector's begin at `high`.
  @unsafe @inline(__always)
  private static func read(
    _ source: UnsafePointer<Float>, _ columns: Int, high: Int
  ) -> (Vector, Vector) {
    let lanes = Vector.scalarCount
    if columns == Self.columns { return unsafe (load(source), load(source + high)) }
    var lowValues = Vector()
    var highValues = Vector()
    for j in 0..<columns {
      if j < lanes {
        unsafe lowValues[j] = source[j]
      } else {
        unsafe highValues[j &- lanes] = source[high &+ j &- lanes]
      }
    }
    return (lowValues, highValues)
  }

  @unsafe @inline(__always)
  private static func load(_ source: UnsafePointer<Float>) -> Vector {
    unsafe UnsafeRawPointer(source).loadUnaligned(as: Vector.self)
  }

  @unsafe @inline(__always)
  private static func write(_ value: Vector, _ target: UnsafeMutablePointer<Float>) {
    unsafe UnsafeMutableRawPointer(target).storeBytes(of: value, as: Vector.self)
  }
}

// MARK: The loops

// SAFETY of all: as for `multiply`; row i at step k is a[i · rowStride + k · step + (k / 16) · jump].

extension Tile {
  #if AVX512
    @unsafe @inline(__always)
    private func multiply12(
      _ a: UnsafePointer<Float>, _ rowStride: Int, _ step: Int, _ jump: Int,
      _ c: UnsafeMutablePointer<Float>
    ) {
      var row0 = unsafe start(c, 0)
      var row1 = unsafe start(c, 1)
      var row2 = unsafe start(c, 2)
      var row3 = unsafe start(c, 3)
      var row4 = unsafe start(c, 4)
      var row5 = unsafe start(c, 5)
      var row6 = unsafe start(c, 6)
      var row7 = unsafe start(c, 7)
      var row8 = unsafe start(c, 8)
      var row9 = unsafe start(c, 9)
      var row10 = unsafe start(c, 10)
      var row11 = unsafe start(c, 11)
      var right = unsafe right
      var at = 0
      var left = depth
      while left > 0 {
        for _ in 0..<min(left, 16) {
          let (lows, highs) = unsafe (Self.load(right), Self.load(right + rightHigh))
          unsafe row0.add(a[at], lows, highs)
          unsafe row1.add(a[at &+ rowStride], lows, highs)
          unsafe row2.add(a[at &+ 2 &* rowStride], lows, highs)
          unsafe row3.add(a[at &+ 3 &* rowStride], lows, highs)
          unsafe row4.add(a[at &+ 4 &* rowStride], lows, highs)
          unsafe row5.add(a[at &+ 5 &* rowStride], lows, highs)
          unsafe row6.add(a[at &+ 6 &* rowStride], lows, highs)
          unsafe row7.add(a[at &+ 7 &* rowStride], lows, highs)
          unsafe row8.add(a[at &+ 8 &* rowStride], lows, highs)
          unsafe row9.add(a[at &+ 9 &* rowStride], lows, highs)
          unsafe row10.add(a[at &+ 10 &* rowStride], lows, highs)
          unsafe row11.add(a[at &+ 11 &* rowStride], lows, highs)
          at &+= step
          unsafe right += rightStride
        }
        at &+= jump
        left &-= 16
      }
      unsafe finish(row0, c, 0)
      unsafe finish(row1, c, 1)
      unsafe finish(row2, c, 2)
      unsafe finish(row3, c, 3)
      unsafe finish(row4, c, 4)
      unsafe finish(row5, c, 5)
      unsafe finish(row6, c, 6)
      unsafe finish(row7, c, 7)
      unsafe finish(row8, c, 8)
      unsafe finish(row9, c, 9)
      unsafe finish(row10, c, 10)
      unsafe finish(row11, c, 11)
    }

    @unsafe @inline(__always)
    private func multiply8(
      _ a: UnsafePointer<Float>, _ rowStride: Int, _ step: Int, _ jump: Int,
      _ c: UnsafeMutablePointer<Float>
    ) {
      var row0 = unsafe start(c, 0)
      var row1 = unsafe start(c, 1)
      var row2 = unsafe start(c, 2)
      var row3 = unsafe start(c, 3)
      var row4 = unsafe start(c, 4)
      var row5 = unsafe start(c, 5)
      var row6 = unsafe start(c, 6)
      var row7 = unsafe start(c, 7)
      var right = unsafe right
      var at = 0
      var left = depth
      while left > 0 {
        for _ in 0..<min(left, 16) {
          let (lows, highs) = unsafe (Self.load(right), Self.load(right + rightHigh))
          unsafe row0.add(a[at], lows, highs)
          unsafe row1.add(a[at &+ rowStride], lows, highs)
          unsafe row2.add(a[at &+ 2 &* rowStride], lows, highs)
          unsafe row3.add(a[at &+ 3 &* rowStride], lows, highs)
          unsafe row4.add(a[at &+ 4 &* rowStride], lows, highs)
          unsafe row5.add(a[at &+ 5 &* rowStride], lows, highs)
          unsafe row6.add(a[at &+ 6 &* rowStride], lows, highs)
          unsafe row7.add(a[at &+ 7 &* rowStride], lows, highs)
          at &+= step
          unsafe right += rightStride
        }
        at &+= jump
        left &-= 16
      }
      unsafe finish(row0, c, 0)
      unsafe finish(row1, c, 1)
      unsafe finish(row2, c, 2)
      unsafe finish(row3, c, 3)
      unsafe finish(row4, c, 4)
      unsafe finish(row5, c, 5)
      unsafe finish(row6, c, 6)
      unsafe finish(row7, c, 7)
    }
  #else
    @unsafe @inline(__always)
    private func multiply6(
      _ a: UnsafePointer<Float>, _ rowStride: Int, _ step: Int, _ jump: Int,
      _ c: UnsafeMutablePointer<Float>
    ) {
      var row0 = unsafe start(c, 0)
      var row1 = unsafe start(c, 1)
      var row2 = unsafe start(c, 2)
      var row3 = unsafe start(c, 3)
      var row4 = unsafe start(c, 4)
      var row5 = unsafe start(c, 5)
      var right = unsafe right
      var at = 0
      var left = depth
      while left > 0 {
        for _ in 0..<min(left, 16) {
          let (lows, highs) = unsafe (Self.load(right), Self.load(right + rightHigh))
          unsafe row0.add(a[at], lows, highs)
          unsafe row1.add(a[at &+ rowStride], lows, highs)
          unsafe row2.add(a[at &+ 2 &* rowStride], lows, highs)
          unsafe row3.add(a[at &+ 3 &* rowStride], lows, highs)
          unsafe row4.add(a[at &+ 4 &* rowStride], lows, highs)
          unsafe row5.add(a[at &+ 5 &* rowStride], lows, highs)
          at &+= step
          unsafe right += rightStride
        }
        at &+= jump
        left &-= 16
      }
      unsafe finish(row0, c, 0)
      unsafe finish(row1, c, 1)
      unsafe finish(row2, c, 2)
      unsafe finish(row3, c, 3)
      unsafe finish(row4, c, 4)
      unsafe finish(row5, c, 5)
    }

    @unsafe @inline(__always)
    private func multiply5(
      _ a: UnsafePointer<Float>, _ rowStride: Int, _ step: Int, _ jump: Int,
      _ c: UnsafeMutablePointer<Float>
    ) {
      var row0 = unsafe start(c, 0)
      var row1 = unsafe start(c, 1)
      var row2 = unsafe start(c, 2)
      var row3 = unsafe start(c, 3)
      var row4 = unsafe start(c, 4)
      var right = unsafe right
      var at = 0
      var left = depth
      while left > 0 {
        for _ in 0..<min(left, 16) {
          let (lows, highs) = unsafe (Self.load(right), Self.load(right + rightHigh))
          unsafe row0.add(a[at], lows, highs)
          unsafe row1.add(a[at &+ rowStride], lows, highs)
          unsafe row2.add(a[at &+ 2 &* rowStride], lows, highs)
          unsafe row3.add(a[at &+ 3 &* rowStride], lows, highs)
          unsafe row4.add(a[at &+ 4 &* rowStride], lows, highs)
          at &+= step
          unsafe right += rightStride
        }
        at &+= jump
        left &-= 16
      }
      unsafe finish(row0, c, 0)
      unsafe finish(row1, c, 1)
      unsafe finish(row2, c, 2)
      unsafe finish(row3, c, 3)
      unsafe finish(row4, c, 4)
    }
  #endif

  @unsafe @inline(__always)
  private func multiply4(
    _ a: UnsafePointer<Float>, _ rowStride: Int, _ step: Int, _ jump: Int,
    _ c: UnsafeMutablePointer<Float>
  ) {
    var row0 = unsafe start(c, 0)
    var row1 = unsafe start(c, 1)
    var row2 = unsafe start(c, 2)
    var row3 = unsafe start(c, 3)
    var right = unsafe right
    var at = 0
    var left = depth
    while left > 0 {
      for _ in 0..<min(left, 16) {
        let (lows, highs) = unsafe (Self.load(right), Self.load(right + rightHigh))
        unsafe row0.add(a[at], lows, highs)
        unsafe row1.add(a[at &+ rowStride], lows, highs)
        unsafe row2.add(a[at &+ 2 &* rowStride], lows, highs)
        unsafe row3.add(a[at &+ 3 &* rowStride], lows, highs)
        at &+= step
        unsafe right += rightStride
      }
      at &+= jump
      left &-= 16
    }
    unsafe finish(row0, c, 0)
    unsafe finish(row1, c, 1)
    unsafe finish(row2, c, 2)
    unsafe finish(row3, c, 3)
  }

  @unsafe @inline(__always)
  private func multiply1(
    _ a: UnsafePointer<Float>, _ step: Int, _ jump: Int, _ c: UnsafeMutablePointer<Float>
  ) {
    var row0 = unsafe start(c, 0)
    for k in 0..<depth {
      let right = unsafe right + k &* rightStride
      unsafe row0.add(
        a[k &* step &+ k / 16 &* jump], Self.load(right), Self.load(right + rightHigh))
    }
    unsafe finish(row0, c, 0)
  }
}
