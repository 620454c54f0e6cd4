private import CSystem

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// Ends the program the way a failed Swift allocation does. For failed allocations in C libraries.
package func endOutOfMemory() -> Never {
  errno = ENOMEM
  abort()
}

/// What this process may use of the machine.
public enum Machine {
  /// How many processors this process may run on at once, at least 1. taskset and schedulers set
  /// it.
  public static var processors: Int {
    #if canImport(Glibc)
      var set = [UInt8](repeating: 0, count: 8192)
      // SAFETY: the call writes at most as many bytes as there are.
      let count = unsafe set.withUnsafeMutableBufferPointer {
        unsafe system_sched_getaffinity(0, $0.count, $0.baseAddress)
      }
      // The C library's function returns 0 for success and clears the bytes after the set.
      if count >= 0 { return max(1, set.reduce(0) { $0 + $1.nonzeroBitCount }) }
    #endif
    return max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
  }

  /// Bytes of memory that can still be had: the smallest of what the address-space limit, the
  /// control group and the machine leave; nil if the system does not say.
  public static var availableMemory: Int? {
    #if canImport(Glibc)
      [leftOfAddressSpace, leftOfGroup, leftOfMachine].compactMap(\.self).min()
    #else
      nil
    #endif
  }
}

#if canImport(Glibc)
  extension Machine {
    private static var leftOfAddressSpace: Int? {
      var limit = rlimit()
      guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0,
        limit.rlim_cur < UInt(Int.max),
        let used = number(in: "/proc/self/status", after: "VmSize:")
      else { return nil }
      return max(0, Int(limit.rlim_cur) - used * 1024)
    }

    private static var leftOfMachine: Int? {
      guard let memory = number(in: "/proc/meminfo", after: "MemAvailable:") else { return nil }
      return (memory + (number(in: "/proc/meminfo", after: "SwapFree:") ?? 0)) * 1024
    }

    /// What the control group of this process leaves. Containers and schedulers make such groups.
    /// Memory that the group uses as file cache counts as free.
    private static var leftOfGroup: Int? {
      guard let line = line(in: "/proc/self/cgroup", after: "0::") else { return nil }
      let folder = "/sys/fs/cgroup" + line + "/"
      guard let limit = number(in: folder + "memory.max", after: ""),
        let used = number(in: folder + "memory.current", after: "")
      else { return nil }
      return max(0, limit - used + (number(in: folder + "memory.stat", after: "file ") ?? 0))
    }

    /// The number after `key` in a small system file; nil if there is none.
    private static func number(in path: String, after key: String) -> Int? {
      line(in: path, after: key).flatMap { line in
        Int(line.drop { $0 == " " || $0 == "\t" }.prefix(while: \.isNumber))
      }
    }

    private static func line(in path: String, after key: String) -> Substring? {
      guard let bytes = try? FileReading.content(of: path, limit: 1 << 16, from: .file) else {
        return nil
      }
      let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
      return lines.first { $0.hasPrefix(key) }?.dropFirst(key.count)
    }
  }
#endif
