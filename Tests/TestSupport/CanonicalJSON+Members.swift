package import RunRecords

extension CanonicalJSON {
  /// The members of an object; nil for any other value. Tests unwrap them with `#require`.
  package var members: [CanonicalJSON.Key: CanonicalJSON]? {
    if case .object(let members) = self { members } else { nil }
  }
}
