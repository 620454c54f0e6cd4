import Archive
import Foundation
import TestSupport
import Testing

@testable import Bundles

/// Takes a sound bundle of either format, and cuts it at each length or flips each bit of its file.
struct EveryByte {
  private let bundle: [UInt8]
  private let directory = TemporaryDirectory()

  init(of bundle: [UInt8]) { self.bundle = bundle }

  func expectTruncationsRefused() {
    for length in bundle.indices {
      let path = directory.write(Array(bundle.prefix(length)), to: "b")
      let error = #expect(throws: BundleError.self) { try BundleReader(path: path) }
      #expect(
        [.tooShort, .truncated].contains(error?.reason),
        "cut at \(length): \(String(describing: error))")
    }
  }

  /// - Parameter stepWhenSlow: In a debug build, one bit is flipped in every `stepWhenSlow`-th
  ///   byte.
  func expectFlipsRefused(stepWhenSlow: Int = 1) throws {
    let file = directory.write(bundle, to: "b")
    #if DEBUG
      let bits = { (index: Int) in index % 8...index % 8 }
      let step = stepWhenSlow
    #else
      let bits = { (_: Int) in 0...7 }
      let step = 1
    #endif
    let handle = try #require(FileHandle(forUpdatingAtPath: file))
    func put(_ byte: UInt8, at index: Int) throws {
      try handle.seek(toOffset: UInt64(index))
      try handle.write(contentsOf: [byte])
    }
    for index in stride(from: 0, to: bundle.count, by: step) {
      for bit in bits(index) {
        try put(bundle[index] ^ 1 << bit, at: index)
        let error = #expect(throws: BundleError.self) { try BundleReader(path: file).verify() }
        #expect(error?.reason != nil, "byte \(index), bit \(bit): \(String(describing: error))")
      }
      try put(bundle[index], at: index)
    }
    _ = try BundleReader(path: file).verify()
  }
}
