/// MT19937 (Matsumoto and Nishimura, 1998) as in numpy's `RandomState(seed)`, for results that were
/// published with one of its seeds. Only `RANSAC` draws from it.
struct MersenneTwister {
  private var state: [UInt32]
  private var position = 624

  init(seed: UInt32) {
    state = [seed]
    state.reserveCapacity(624)
    for i in 1..<624 {
      let last = state[i - 1]
      state.append(1_812_433_253 &* (last ^ (last >> 30)) &+ UInt32(i))
    }
  }

  mutating func nextWord() -> UInt32 {
    if position == 624 {
      for i in 0..<624 {
        let joined = (state[i] & 0x8000_0000) | (state[(i + 1) % 624] & 0x7fff_ffff)
        state[i] =
          state[(i + 397) % 624] ^ (joined >> 1) ^ (joined & 1 == 1 ? 0x9908_b0df : 0)
      }
      position = 0
    }
    var word = state[position]
    position += 1
    word ^= word >> 11
    word ^= (word << 7) & 0x9d2c_5680
    word ^= (word << 15) & 0xefc6_0000
    return word ^ (word >> 18)
  }

  /// An integer in 0...`limit`: words masked to the bits of `limit`, until one is at most `limit`.
  mutating func nextInteger(upTo limit: UInt32) -> UInt32 {
    guard limit > 0 else { return 0 }
    let mask = UInt32.max >> UInt32(limit.leadingZeroBitCount)
    while true {
      let value = nextWord() & mask
      if value <= limit { return value }
    }
  }

  /// numpy's `permutation(count)`: a Fisher–Yates shuffle from the end.
  mutating func permutation(_ count: Int) -> [Int] {
    var items = Array(0..<count)
    for last in stride(from: count - 1, through: 1, by: -1) {
      items.swapAt(last, Int(nextInteger(upTo: UInt32(last))))
    }
    return items
  }
}
