package import RunRecords

extension CanonicalJSON {
  /// The members of an object; nil of anything else. Tests ask for them with `#require`.
  package var members: [CanonicalJSON.Key: CanonicalJSON]? {
    if case .object(let members) = self { members } else { nil }
  }
}
