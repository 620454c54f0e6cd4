/// The types of tensors in safetensors files, with the order of their values.
enum TensorType: String, CaseIterable {
  case f64 = "F64"
  case f32 = "F32"
  case f16 = "F16"
  case bf16 = "BF16"
  case f8e4m3 = "F8_E4M3"
  case f8e5m2 = "F8_E5M2"
  case f8e8m0 = "F8_E8M0"
  case c64 = "C64"
  case i64 = "I64"
  case i32 = "I32"
  case i16 = "I16"
  case i8 = "I8"
  case u64 = "U64"
  case u32 = "U32"
  case u16 = "U16"
  case u8 = "U8"
  case bool = "BOOL"
  /// Types of less than a byte; they are compared byte by byte.
  case f6e2m3 = "F6_E2M3"
  case f6e3m2 = "F6_E3M2"
  case f4 = "F4"

  /// Bits of one value in the file.
  var bits: Int {
    switch self {
    case .f64, .i64, .u64, .c64: 64
    case .f32, .i32, .u32: 32
    case .f16, .bf16, .i16, .u16: 16
    case .f8e4m3, .f8e5m2, .f8e8m0, .i8, .u8, .bool: 8
    case .f6e2m3, .f6e3m2: 6
    case .f4: 4
    }
  }

  /// Bytes of the unit that is compared: a value, the real or the imaginary part of a complex
  /// value, or a byte where values are smaller than that.
  var unitSize: Int {
    switch self {
    case .c64: 4
    case .f64, .i64, .u64, .f32, .i32, .u32, .f16, .bf16, .i16, .u16, .f8e4m3, .f8e5m2, .f8e8m0,
      .i8, .u8, .bool:
      bits / 8
    case .f6e2m3, .f6e3m2, .f4: 1
    }
  }

  /// The meaning of a unit's bits.
  private enum Meaning {
    case binary(exponent: Int, mantissa: Int, Specials)
    case power
    case signed, unsigned
  }

  /// The meaning of the largest exponent of a floating-point type.
  private enum Specials {
    /// As in IEEE 754: infinities, and NaN where the mantissa is not 0.
    case ieee
    /// One NaN of each sign, all bits set, and no infinity (OCP 8-bit floating point, E4M3).
    case onlyNaN
  }

  private var meaning: Meaning {
    switch self {
    case .f64: .binary(exponent: 11, mantissa: 52, .ieee)
    case .f32, .c64: .binary(exponent: 8, mantissa: 23, .ieee)
    case .f16: .binary(exponent: 5, mantissa: 10, .ieee)
    case .bf16: .binary(exponent: 8, mantissa: 7, .ieee)
    case .f8e4m3: .binary(exponent: 4, mantissa: 3, .onlyNaN)
    case .f8e5m2: .binary(exponent: 5, mantissa: 2, .ieee)
    case .f8e8m0: .power
    case .i64, .i32, .i16, .i8: .signed
    case .u64, .u32, .u16, .u8, .bool, .f6e2m3, .f6e3m2, .f4: .unsigned
    }
  }
}

// MARK: One value

extension TensorType {
  /// The value of a unit's bits, which fill the low `8 · unitSize` bits.
  func value(_ bits: UInt64) -> TensorValue {
    switch meaning {
    case .binary(let exponent, let mantissa, let specials):
      .number(Self.float(bits, exponent: exponent, mantissa: mantissa, specials))
    case .power: .number(bits == 0xff ? .nan : Self.power(of: Int(bits) - 127))
    case .signed:
      .integer(Int64(bitPattern: bits << UInt64(64 - 8 * unitSize)) >> Int64(64 - 8 * unitSize))
    case .unsigned: .natural(bits)
    }
  }

  /// How many steps, from one value to the next, lie between two values. Floating-point types are
  /// ordered as in ``Swift/Float/ulpDistance(to:)``; for integers it is the difference.
  func ulps(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let (x, y) = (position(a), position(b))
    return x > y ? x - y : y - x
  }

  private func position(_ bits: UInt64) -> UInt64 {
    let sign: UInt64 = 1 << UInt64(8 * unitSize - 1)
    switch meaning {
    case .binary: return bits & sign == 0 ? bits | sign : ~bits & (sign | (sign - 1))
    case .signed: return bits ^ sign
    case .power, .unsigned: return bits
    }
  }

  /// Exact: binary64 contains every value of these types.
  private static func float(
    _ bits: UInt64, exponent: Int, mantissa: Int, _ specials: Specials
  ) -> Double {
    if exponent == 11 { return Double(bitPattern: bits) }
    let fraction = bits & ((1 << UInt64(mantissa)) - 1)
    let power = Int(bits >> UInt64(mantissa)) & ((1 << exponent) - 1)
    let isNegative = bits >> UInt64(exponent + mantissa) & 1 == 1
    let bias = 1 << (exponent - 1) - 1
    let largest = (1 << exponent) - 1
    var value = Double(fraction)
    switch specials {
    case .ieee where power == largest:
      return fraction != 0 ? .nan : isNegative ? -.infinity : .infinity
    case .onlyNaN where power == largest && fraction == (1 << UInt64(mantissa)) - 1: return .nan
    case .ieee, .onlyNaN: break
    }
    if power > 0 { value += Double(UInt64(1) << UInt64(mantissa)) }
    value *= Self.power(of: max(power, 1) - bias - mantissa)
    return isNegative ? -value : value
  }

  /// 2^exponent, for exponents of normal binary64 values.
  private static func power(of exponent: Int) -> Double {
    Double(sign: .plus, exponent: exponent, significand: 1)
  }
}

/// A value of a tensor. Integers stay integers, as binary64 does not have all of them.
enum TensorValue: Sendable {
  case number(Double)
  case integer(Int64)
  case natural(UInt64)

  var double: Double {
    switch self {
    case .number(let value): value
    case .integer(let value): Double(value)
    case .natural(let value): Double(value)
    }
  }
}

extension TensorType {
  /// The value as people read it: the shortest decimal of its own type if Swift has that type, else
  /// of binary64.
  func text(_ bits: UInt64) -> String {
    switch (self, value(bits)) {
    case (.f32, .number), (.c64, .number):
      Float(bitPattern: UInt32(truncatingIfNeeded: bits)).description
    case (_, .number(let value)): value.description
    case (_, .integer(let value)): String(value)
    case (_, .natural(let value)): String(value)
    }
  }
}
