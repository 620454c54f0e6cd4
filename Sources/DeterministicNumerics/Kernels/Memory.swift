/// Storage that begins on a cache line's boundary and is freed with its owner.
@safe package final class Storage<Element: BitwiseCopyable> {
  package let base: UnsafeMutablePointer<Element>
  package let count: Int

  package init(count: Int, repeating value: Element) {
    self.count = count
    let room = max(1, count)
    let raw = UnsafeMutableRawPointer.allocate(
      byteCount: room * MemoryLayout<Element>.stride, alignment: 64)
    unsafe base = raw.bindMemory(to: Element.self, capacity: room)
    unsafe base.initialize(repeating: value, count: room)
  }

  deinit { unsafe base.deallocate() }
}

/// Zeroed binary32 storage.
package typealias FloatStorage = Storage<Float>

extension Storage where Element == Float {
  package convenience init(count: Int) { self.init(count: count, repeating: 0) }
}

// SAFETY of the loads and stores: a caller passes a pointer to at least `index` + 16 (or 8)
// elements.

@unsafe @inlinable @inline(__always)
package func load16(_ pointer: UnsafePointer<Float>, _ index: Int) -> SIMD16<Float> {
  unsafe UnsafeRawPointer(pointer + index).loadUnaligned(as: SIMD16<Float>.self)
}

@unsafe @inlinable @inline(__always)
package func load8(_ pointer: UnsafePointer<Float>, _ index: Int) -> SIMD8<Float> {
  unsafe UnsafeRawPointer(pointer + index).loadUnaligned(as: SIMD8<Float>.self)
}

@unsafe @inlinable @inline(__always)
package func store(
  _ value: SIMD16<Float>, _ pointer: UnsafeMutablePointer<Float>, _ index: Int
) {
  unsafe UnsafeMutableRawPointer(pointer + index).storeBytes(of: value, as: SIMD16<Float>.self)
}

@unsafe @inlinable @inline(__always)
package func store(
  _ value: SIMD8<Float>, _ pointer: UnsafeMutablePointer<Float>, _ index: Int
) {
  unsafe UnsafeMutableRawPointer(pointer + index).storeBytes(of: value, as: SIMD8<Float>.self)
}

extension Int {
  /// The least multiple of 16 that is not below it.
  @inlinable @inline(__always) package var roundedUpTo16: Int { (self &+ 15) & ~15 }
}
