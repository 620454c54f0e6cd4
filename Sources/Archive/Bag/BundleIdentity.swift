public import Digests

/// The two names of a bundle.
public struct BundleIdentity: Sendable, Hashable {
  /// SHA-256 of `tagmanifest-sha256.txt`: names this bundle, with its times and its environment.
  public var bundle: Digest
  /// SHA-256 of `data/expected-sha256.txt`: names the result. A thin and a full bundle of one run
  /// share it, and so do two runs of one config on two machines.
  public var result: Digest

  public init(bundle: Digest, result: Digest) {
    self.bundle = bundle
    self.result = result
  }
}
