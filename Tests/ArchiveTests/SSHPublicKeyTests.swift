import Testing

@testable import Archive

@Suite struct SSHPublicKeyTests {
  private static let key = SSHPublicKey(bytes: Array("key".utf8))
  /// "key" in Base64.
  private static let encoded = "a2V5"

  private func names(_ list: String) -> Set<String> { Self.key.names(in: Array(list.utf8)) }

  @Test func aKeyHasTheNamesOfItsLines() {
    #expect(names("ada ssh-ed25519 \(Self.encoded)") == ["ada"])
    #expect(names("ada ssh-ed25519 \(Self.encoded) a comment\n") == ["ada"])
    #expect(
      names("ada@x,bob@x ssh-ed25519 \(Self.encoded)\neve ssh-ed25519 ZXZl") == ["ada@x", "bob@x"])
    #expect(
      names("ada ssh-rsa \(Self.encoded)\n\tbob  ssh-rsa\t\(Self.encoded)\r\n") == ["ada", "bob"])
    #expect(
      names("\"ada\" ssh-rsa \(Self.encoded)\n\"eve smith\" ssh-rsa \(Self.encoded)") == [
        "ada", "eve smith",
      ])
  }

  /// Whether the conditions hold now is not decided here.
  @Test func conditionsAreNotLookedAt() {
    let options = "namespaces=\"regrok\",valid-before=\"20200101\""
    #expect(names("ada \(options) ssh-ed25519 \(Self.encoded)") == ["ada"])
  }

  @Test func commentsPatternsAndOtherKeysNameNobody() {
    #expect(names("# ada ssh-ed25519 \(Self.encoded)") == [])
    #expect(names("*@x,?da,!bob,eve ssh-ed25519 \(Self.encoded)") == ["eve"])
    #expect(
      names("ada ssh-ed25519 \(Self.encoded)x\nbob ssh-ed25519 x\(Self.encoded)\n\n \n") == [])
    #expect(names("") == [])
  }
}
