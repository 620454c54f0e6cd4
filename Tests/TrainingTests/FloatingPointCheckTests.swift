import Testing
import Training

#if os(Linux) && arch(x86_64)
  import Glibc

  /// Sets MXCSR as a careless library would, and expects a pool to notice.
  @Suite struct FloatingPointCheckTests {
    @Test(
      arguments: [
        (0x2000, "this thread does not round to nearest even"),
        (0x4000, "this thread does not round to nearest even"),
        (0x6000, "this thread does not round to nearest even"),
        (0x8000, "this thread flushes subnormal results to zero"),
        (0x0040, "this thread takes subnormal operands for zero"),
      ] as [(UInt32, String)])
    func aChangedControlRegisterIsNoticed(bits: UInt32, reason: String) throws {
      var original = fenv_t()
      _ = unsafe fegetenv(&original)
      var changed = original
      changed.__mxcsr |= bits
      _ = unsafe fesetenv(&changed)
      let result = Result { try WorkerPool(threads: 1) }
      _ = unsafe fesetenv(&original)
      let error = #expect(throws: TrainingError.self) { try result.get() }
      #expect(error?.description == reason)
      #expect(throws: Never.self) { try WorkerPool(threads: 2) }
    }
  }
#endif
