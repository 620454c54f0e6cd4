// WebAssembly has no fused multiply-add, so the standard library's form calls a C function for each
// lane. These forms replace it there. With relaxed SIMD they are an instruction that is a fused
// multiply-add on machines that have one (whoever starts the program finds out whether it is).
// Without relaxed SIMD they use binary64.

#if arch(wasm32)
  public import CWebAssembly

  extension SIMD4 where Scalar == Float {
    /// `self + a · b` in each lane, rounded once.
    @inlinable @inline(__always)
    package func addingProduct(_ a: Self, _ b: Self) -> Self {
      #if RELAXED_SIMD
        relaxed_multiply_add(a, b, self)
      #else
        var (low, high) = (FusedPair(lowHalf), FusedPair(highHalf))
        var watch = FusedPair.Watch()
        low.addProduct(FusedPair(a.lowHalf), FusedPair(b.lowHalf), &watch)
        high.addProduct(FusedPair(a.highHalf), FusedPair(b.highHalf), &watch)
        if watch.isSafe { return SIMD4(lowHalf: low.values, highHalf: high.values) }
        return SIMD4(
          self[0].addingProduct(a[0], b[0]), self[1].addingProduct(a[1], b[1]),
          self[2].addingProduct(a[2], b[2]), self[3].addingProduct(a[3], b[3]))
      #endif
    }

    @inlinable @inline(__always)
    package mutating func addProduct(_ a: Self, _ b: Self) { self = addingProduct(a, b) }
  }

  extension SIMD8 where Scalar == Float {
    /// `self + a · b` in each lane, rounded once.
    @inlinable @inline(__always)
    package func addingProduct(_ a: Self, _ b: Self) -> Self {
      SIMD8(
        lowHalf: lowHalf.addingProduct(a.lowHalf, b.lowHalf),
        highHalf: highHalf.addingProduct(a.highHalf, b.highHalf))
    }

    @inlinable @inline(__always)
    package mutating func addProduct(_ a: Self, _ b: Self) { self = addingProduct(a, b) }
  }

  extension SIMD16 where Scalar == Float {
    /// `self + a · b` in each lane, rounded once.
    @inlinable @inline(__always)
    package func addingProduct(_ a: Self, _ b: Self) -> Self {
      SIMD16(
        lowHalf: lowHalf.addingProduct(a.lowHalf, b.lowHalf),
        highHalf: highHalf.addingProduct(a.highHalf, b.highHalf))
    }

    @inlinable @inline(__always)
    package mutating func addProduct(_ a: Self, _ b: Self) { self = addingProduct(a, b) }
  }

  /// Two binary32 numbers as binary64, in which their product is exact and a sum has one rounding.
  ///
  /// Rounding that sum to binary32 is a second rounding. It gives what one rounding would, unless
  /// the sum is the middle of two binary32 numbers or below their normal range (Figueroa, "When is
  /// double rounding innocuous?", 1995). A `Watch` sees whether that happened in any of many sums.
  public struct FusedPair {
    /// The numbers are in the first two lanes, so that rounding is one instruction.
    @usableFromInline var floats: SIMD4<Float>

    @inlinable package static var scalarCount: Int { 2 }

    @inlinable @inline(__always)
    package init() { floats = SIMD4() }

    @inlinable @inline(__always)
    package init(repeating value: Float) { floats = SIMD4(repeating: value) }

    @inlinable @inline(__always)
    package init(_ values: SIMD2<Float>) { floats = SIMD4(lowHalf: values, highHalf: SIMD2()) }

    @inlinable @inline(__always)
    package var values: SIMD2<Float> { floats.lowHalf }

    @inlinable
    package subscript(lane: Int) -> Float {
      @inline(__always) get { floats[lane] }
      @inline(__always) set { floats[lane] = newValue }
    }

    @inlinable @inline(__always)
    package static func + (a: FusedPair, b: FusedPair) -> FusedPair {
      FusedPair(a.values + b.values)
    }

    /// self = self + a · b in both lanes; rounded once unless `watch` sees a sum that may not be.
    @inlinable @inline(__always)
    package mutating func addProduct(_ a: FusedPair, _ b: FusedPair, _ watch: inout Watch) {
      let product = first_as_doubles(a.floats) * first_as_doubles(b.floats)
      let sum = first_as_doubles(floats) + product
      watch.see(sum)
      floats = rounded_to_floats(sum)
    }

    /// Finds sums that may not be rounded as if once: keeps the least of their telling bits.
    public struct Watch {
      @usableFromInline var least = SIMD4<UInt32>(repeating: .max)

      @inlinable @inline(__always)
      package init() {}

      /// A middle has 1 0…0 in the 29 bits that binary32 lacks. A sum below the normal range has a
      /// small exponent. 0 is exact: taking 1 away turns its exponent into the greatest value of
      /// all.
      @inlinable @inline(__always)
      mutating func see(_ sum: SIMD2<Double>) {
        // SAFETY: both types are 16 plain bytes.
        let words = unsafe unsafeBitCast(sum, to: SIMD4<UInt32>.self)
        let seen =
          (words & SIMD4(0x1fff_ffff, 0x7fff_ffff, 0x1fff_ffff, 0x7fff_ffff))
          &- SIMD4(0x1000_0000, 1, 0x1000_0000, 1)
        least = pointwiseMin(least, seen)
      }

      /// Whether rounding what was seen to binary32 gives what one rounding would.
      @inlinable @inline(__always)
      package var isSafe: Bool {
        let leastNormal: UInt32 = (1023 - 126) << 20
        return least[0] != 0 && least[2] != 0 && least[1] >= leastNormal - 1
          && least[3] >= leastNormal - 1
      }
    }
  }
#endif
