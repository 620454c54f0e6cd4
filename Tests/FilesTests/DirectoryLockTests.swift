import Files
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite struct DirectoryLockTests {
  /// Asking for a lock that is held must not affect a file that another thread opens meanwhile. A
  /// descriptor closed twice would close that file and release its lock.
  @Test func beingRefusedHarmsNoOtherLock() throws {
    let folder = TemporaryDirectory()
    let held = try DirectoryLock(folder.path + "/held", of: "it")
    let isAsking = Flag()
    let group = DispatchGroup()
    DispatchQueue.global().async(group: group) {
      while isAsking.isSet {
        _ = try? DirectoryLock(folder.path + "/held", of: "it")
      }
    }
    var freed = 0
    for index in 0..<1000 {
      let path = folder.path + "/\(index)"
      guard let lock = try? DirectoryLock(path, of: "it") else { continue }
      if (try? DirectoryLock(path, of: "it")) != nil { freed += 1 }
      withExtendedLifetime(lock) {}
    }
    isAsking.clear()
    group.wait()
    #expect(freed == 0)
    withExtendedLifetime(held) {}
  }
}

private final class Flag: Sendable {
  private let value = Atomic(true)

  var isSet: Bool { value.load(ordering: .relaxed) }
  func clear() { value.store(false, ordering: .relaxed) }
}
