import Programs
import RunRecords
import Testing

@Suite struct SecretCheckTests {
  @Test(arguments: [
    ".env", ".env.local", "deploy/.env", "server.pem", "id_rsa", "keys/id_ed25519", ".netrc",
    "a.p12",
  ])
  func filesThatHoldSecretsAreFoundByTheirNames(path: String) {
    var check = SecretCheck(allowed: [])
    check.add(input: path, beginning: [])
    #expect(check.findings == [path])
    var allowed = SecretCheck(allowed: [path])
    allowed.add(input: path, beginning: [])
    #expect(allowed.findings.isEmpty)
  }

  @Test(arguments: ["train.py", "environment.yml", "env.py", "paid_users.csv", "tokenizer.json"])
  func othersAreNot(path: String) {
    var check = SecretCheck(allowed: [])
    check.add(input: path, beginning: Array("import torch\n".utf8)[...])
    #expect(check.findings.isEmpty)
  }

  @Test func aPrivateKeyIsFoundByItsBeginning() {
    var check = SecretCheck(allowed: [])
    check.add(input: "a.txt", beginning: Array("-----BEGIN OPENSSH PRIVATE KEY-----\n".utf8)[...])
    #expect(check.findings == ["a.txt"])
  }

  @Test func valuesUnderTellingKeysAreFound() {
    let config: CanonicalJSON = [
      "api_key": "abcdefgh12345678", "wandb": ["apiToken": "0123456789abcdef"],
      "db_password": "x", "list": [["client-secret": "s"]],
    ]
    var check = SecretCheck(allowed: [])
    check.add(config: config)
    #expect(
      check.findings == [
        "config.api_key", "config.db_password", "config.list.client-secret",
        "config.wandb.apiToken",
      ])
    var allowed = SecretCheck(allowed: [
      "api_key", "config.db_password", "config.list.client-secret", "wandb.apiToken",
    ])
    allowed.add(config: config)
    #expect(allowed.findings.isEmpty)
  }

  @Test func whatMachineLearningCallsKeysAndTokensIsNone() {
    var check = SecretCheck(allowed: [])
    check.add(config: [
      "max_tokens": 4096, "tokenizer": "bert-base-uncased-and-long", "pad_token": "<pad>",
      "num_key_value_heads": 8, "sort_key": "loss", "key": 3, "keyboard": "a-very-long-qwerty",
      "monitor": "token_accuracy_mean",
    ])
    #expect(check.findings.isEmpty)
  }

  @Test(arguments: [
    "hf_abcdefghijklmnopqrst", "ghp_0123456789abcdefghij", "sk-proj-0123456789abcdef",
    "AKIA0123456789ABCDEF",
  ])
  func knownTokensAreFoundAnywhere(token: String) {
    var check = SecretCheck(allowed: [])
    check.add(config: ["x": .string(token)])
    check.add(words: ["python", "a.py", token])
    check.add(variable: "MY_FLAG", value: token)
    #expect(check.findings == ["config.x", "argument 2", "MY_FLAG"])
  }

  @Test func wordsOfAProgramAreLookedAt() {
    var check = SecretCheck(allowed: [])
    check.add(words: [
      "python", "a.py", "--api-key", "0123456789abcdef", "--password=x", "--lr", "0.1",
      "--token", "{config.token}", "--tokenizer", "a-tokenizer-of-some-length",
    ])
    #expect(check.findings == ["--api-key", "--password"])
  }

  @Test func variablesAreFoundByName() throws {
    var check = SecretCheck(allowed: [])
    check.add(variable: "WANDB_API_KEY", value: "x")
    check.add(variable: "HF_TOKEN", value: "")
    check.add(variable: "OMP_NUM_THREADS", value: "2")
    #expect(check.findings == ["WANDB_API_KEY"])
    #expect(throws: ProgramError.secrets(["WANDB_API_KEY"])) { try check.finish() }
  }
}
