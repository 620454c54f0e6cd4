/// Elementary functions whose result is defined by mathematics alone: the real value of the
/// function, rounded once to binary32 (to nearest, ties to even).
///
/// This holds for every one of the 2^32 inputs of each function (checked exhaustively by
/// `Tests/ExhaustiveElementary`), so a result depends on no library, compiler, vector width or CPU.
/// NaN gives some NaN, whose payload is not defined.
///
/// Each function is evaluated in binary64 with an error of little more than half a unit in the last
/// place, then converted to binary32. That rounds wrongly only if the real value is closer to the
/// middle of two binary32 numbers than the error. Coefficients and order of operations are chosen
/// so that this happens for no input. Each operation is one IEEE 754 operation with one rounding,
/// and a fused multiply-add is always written as `addingProduct`. Intermediate values are therefore
/// the same everywhere, too. `Tests/Oracles/elementary_coefficients.py` prints all constants.
///
/// The forms on `SIMD8` give the bits of the scalar ones, lane by lane.
public enum Elementary {}
