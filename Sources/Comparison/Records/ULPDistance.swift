extension Float {
  /// How many steps, from one binary32 value to the next, lead from this value to `other`.
  ///
  /// The order is IEEE 754's totalOrder, that of the bit patterns: negative NaN < −∞ < … < −0 < +0
  /// < … < +∞ < NaN. The distance is therefore 0 exactly if the bits are equal. −0 and +0 are 1
  /// apart, and NaN are apart by their payloads.
  public func ulpDistance(to other: Float) -> UInt64 {
    let (a, b) = (positionInTotalOrder, other.positionInTotalOrder)
    return UInt64(a > b ? a - b : b - a)
  }

  private var positionInTotalOrder: UInt32 {
    let bits = bitPattern
    return bits >> 31 == 0 ? bits | 1 << 31 : ~bits
  }
}

extension Double {
  /// How many steps, from one binary64 value to the next, lead from this value to `other`, in the
  /// order of ``Swift/Float/ulpDistance(to:)``.
  public func ulpDistance(to other: Double) -> UInt64 {
    let (a, b) = (positionInTotalOrder, other.positionInTotalOrder)
    return a > b ? a - b : b - a
  }

  private var positionInTotalOrder: UInt64 {
    let bits = bitPattern
    return bits >> 63 == 0 ? bits | 1 << 63 : ~bits
  }
}
