#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Whether this CPU has what the core was compiled for.
///
/// Runs before anything else. The linker may keep one copy of a generic specialisation for the
/// whole program, compiled for AVX2, so this code uses the C library and no generic type of
/// Swift's.
enum ProcessorCheck {
  /// The name of the first feature this build needs and the CPU lacks; nil when it has all, or
  /// where that cannot be known.
  static func missingFeature() -> StaticString? {
    #if (AVX2 || AVX512) && os(Linux) && arch(x86_64)
      // SAFETY: `getline` grows `line` itself and ends it with NUL; both are released before
      // returning.
      guard let file = unsafe fopen("/proc/cpuinfo", "re") else { return nil }
      var line: UnsafeMutablePointer<CChar>?
      var capacity = 0
      var missing: StaticString?
      while unsafe getline(&line, &capacity, file) > 0 {
        guard let text = unsafe line, unsafe strncmp(text, "flags", 5) == 0 else { continue }
        if unsafe !lists(text, " avx2") { missing = "AVX2" }
        if unsafe !lists(text, " fma") { missing = "FMA" }
        #if AVX512
          if unsafe !lists(text, " avx512f") { missing = "AVX-512 F" }
          if unsafe !lists(text, " avx512vl") { missing = "AVX-512 VL" }
          if unsafe !lists(text, " avx512dq") { missing = "AVX-512 DQ" }
          if unsafe !lists(text, " avx512bw") { missing = "AVX-512 BW" }
        #endif
        break
      }
      unsafe free(line)
      _ = unsafe fclose(file)
      return missing
    #else
      return nil
    #endif
  }

  /// Whether `word`, with the space before it, stands as a whole word in `text`.
  private static func lists(_ text: UnsafePointer<CChar>, _ word: StaticString) -> Bool {
    let length = word.utf8CodeUnitCount
    var rest = unsafe text
    // SAFETY: both strings end with NUL, and `strstr` finds all of `word`, so the byte after it
    // exists.
    return unsafe word.utf8Start.withMemoryRebound(to: CChar.self, capacity: length + 1) { word in
      while let found = unsafe strstr(rest, word) {
        let next = unsafe found[length]
        if next == 32 || next == 10 || next == 0 { return true }
        unsafe rest = UnsafePointer(found) + length
      }
      return false
    }
  }
}
