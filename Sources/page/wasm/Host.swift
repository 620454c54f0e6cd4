// What the page's script gives to the program and takes from it. Numbers of bytes and places in a
// file are binary64, as the script has no integers beyond 2^53 and the program none beyond 2^31.

@_extern(c, "host_read")
func hostRead(_ offset: Double, _ count: Int32, _ into: UnsafeMutablePointer<UInt8>)

/// Takes a record or a checkpoint of the bundle that is being read: what it is, a step (−1 where it
/// has none), its bytes.
@_extern(c, "host_member")
func hostMember(
  _ name: UnsafePointer<UInt8>, _ nameCount: Int32, _ step: Int32,
  _ bytes: UnsafePointer<UInt8>, _ count: Int32)

@_extern(c, "host_progress")
func hostProgress(_ share: Double)

/// Takes the values of a row that has just been computed.
@_extern(c, "host_row")
func hostRow(_ step: Int32, _ values: UnsafePointer<Double>, _ count: Int32)

/// The bytes that the script has put into memory for the next call.
nonisolated(unsafe) private var inbox: [UInt8] = []
/// What the last call has to say, as UTF-8.
nonisolated(unsafe) private var answer: [UInt8] = []

/// Room for `count` bytes, for the script to write to.
@_cdecl("page_inbox")
public func pageInbox(_ count: Int32) -> UnsafeMutablePointer<UInt8> {
  unsafe inbox = Array(repeating: 0, count: Int(count))
  // SAFETY: the array is a global that nobody touches until `takeInbox`, so its storage stays.
  return unsafe inbox.withUnsafeMutableBufferPointer { $0.baseAddress! }
}

func takeInbox() -> [UInt8] {
  defer { unsafe inbox = [] }
  return unsafe inbox
}

@_cdecl("page_answer")
public func pageAnswer() -> UnsafePointer<UInt8> {
  // SAFETY: as for the inbox; the script copies it before the next call.
  unsafe answer.withUnsafeBufferPointer { $0.baseAddress! }
}

@_cdecl("page_answer_count")
public func pageAnswerCount() -> Int32 { unsafe Int32(answer.count) }

func say(_ bytes: [UInt8]) { unsafe answer = bytes }
