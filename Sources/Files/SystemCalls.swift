#if canImport(Glibc)
  package import Glibc
#elseif canImport(Darwin)
  package import Darwin
#endif

// The system's functions, under names that methods of the same name do not hide.

package func systemClose(_ descriptor: Int32) -> Int32 {
  #if canImport(Glibc)
    Glibc.close(descriptor)
  #else
    Darwin.close(descriptor)
  #endif
}

@unsafe package func systemRead(
  _ descriptor: Int32, _ bytes: UnsafeMutableRawPointer, _ count: Int
) -> Int {
  #if canImport(Glibc)
    unsafe Glibc.read(descriptor, bytes, count)
  #else
    unsafe Darwin.read(descriptor, bytes, count)
  #endif
}

@unsafe package func systemWrite(
  _ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int
) -> Int {
  #if canImport(Glibc)
    unsafe Glibc.write(descriptor, bytes, count)
  #else
    unsafe Darwin.write(descriptor, bytes, count)
  #endif
}

@unsafe package func systemPoll(
  _ descriptors: UnsafeMutablePointer<pollfd>, _ count: nfds_t, _ milliseconds: Int32
) -> Int32 {
  #if canImport(Glibc)
    unsafe Glibc.poll(descriptors, count, milliseconds)
  #else
    unsafe Darwin.poll(descriptors, count, milliseconds)
  #endif
}
