package import Synchronization

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// The time of day in UTC, as "2026-11-24T02:19:10.123+00:00".
package func currentTime() -> String {
  var now = timespec()
  if let seconds = fixedTime.withLock({ $0 }) {
    now.tv_sec = seconds
  } else {
    _ = unsafe clock_gettime(CLOCK_REALTIME, &now)
  }
  var parts = unsafe tm()
  _ = unsafe gmtime_r(&now.tv_sec, &parts)
  func padded(_ value: Int, _ digits: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
  let date = unsafe [Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday)]
  let time = unsafe [Int(parts.tm_hour), Int(parts.tm_min), Int(parts.tm_sec)]
  return padded(date[0], 4) + "-" + date.dropFirst().map { padded($0, 2) }.joined(separator: "-")
    + "T" + time.map { padded($0, 2) }.joined(separator: ":")
    + "." + padded(Int(now.tv_nsec) / 1_000_000, 3) + "+00:00"
}

/// Seconds since 1970 to use instead of the clock, for tests of what holds a date; nil: the clock.
package let fixedTime = Mutex<Int?>(nil)

/// The time by the clock of this machine.
package func secondsSince1970() -> Double {
  var now = timespec()
  _ = unsafe clock_gettime(CLOCK_REALTIME, &now)
  return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
}

package func hostName() -> String {
  var buffer = [CChar](repeating: 0, count: 256)
  // SAFETY: the last byte stays NUL, whatever the system writes before it.
  guard unsafe gethostname(&buffer, buffer.count - 1) == 0 else { return "unknown" }
  return text(of: buffer)
}

/// Name, release and machine of the running kernel, as "Linux 6.1.0 x86_64".
package func kernelName() -> String {
  var info = utsname()
  guard unsafe uname(&info) == 0 else { return "unknown" }
  func field<Field>(_ value: Field) -> String {
    // SAFETY: each field is an array of characters that ends with NUL.
    unsafe withUnsafeBytes(of: value) { bytes in
      unsafe text(of: bytes.map { CChar(bitPattern: $0) })
    }
  }
  return [field(info.sysname), field(info.release), field(info.machine)].joined(separator: " ")
}

private func text(of characters: [CChar]) -> String {
  String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// An identifier of the running kernel's boot; nil if the system has none.
package func bootIdentity() -> String? {
  let path = "/proc/sys/kernel/random/boot_id"
  guard let bytes = try? FileReading.content(of: path, limit: 256, from: .linkedFile) else {
    return nil
  }
  return String(decoding: bytes, as: UTF8.self).trimmed
}

/// The processor and the system, as each describes itself.
package enum MachineDescription {
  package static let processor =
    value(of: "model name", in: "/proc/cpuinfo", separator: ":") ?? "unknown"

  package static let system =
    value(of: "PRETTY_NAME", in: "/etc/os-release", separator: "=")
    ?? ProcessFacts.systemVersion

  /// The first value of `key` in a file of keys and values.
  private static func value(of key: String, in path: String, separator: Character) -> String? {
    guard let bytes = try? FileReading.content(of: path, limit: 4 << 20, from: .linkedFile) else {
      return nil
    }
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      let parts = line.split(separator: separator, maxSplits: 1)
      guard parts.count == 2, parts[0].trimmed == key else { continue }
      return parts[1].trimmed { " \t\"".contains($0) }
    }
    return nil
  }
}

/// The ID of this process.
package func processNumber() -> Int32 { getpid() }
