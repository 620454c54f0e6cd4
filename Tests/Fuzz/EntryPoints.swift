import Foundation

/// The functions that libFuzzer calls; it has the program's `main`. The environment variable
/// FUZZ_TARGET names the target. With FUZZ_SEEDS, the seeds of all targets are written to that
/// directory, and nothing else is done.

@c(LLVMFuzzerInitialize)
public func initialize(
  _ count: UnsafeMutablePointer<Int32>?, _ words: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> Int32 {
  if let directory = ProcessInfo.processInfo.environment["FUZZ_SEEDS"] {
    do {
      try Seeds.write(to: directory)
      exit(0)
    } catch {
      fatalError("\(error)")
    }
  }
  return 0
}

private let target: FuzzTarget = {
  let name = ProcessInfo.processInfo.environment["FUZZ_TARGET"] ?? ""
  guard let target = FuzzTarget(rawValue: name) else {
    fatalError("FUZZ_TARGET is one of \(FuzzTarget.allCases.map(\.rawValue))")
  }
  return target
}()

@c(LLVMFuzzerTestOneInput)
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  // SAFETY: libFuzzer's input holds `size` bytes, copied at once.
  target.test(unsafe Array(UnsafeBufferPointer(start: data, count: size)))
  return 0
}
