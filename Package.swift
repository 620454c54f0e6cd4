// swift-tools-version: 6.2
import PackageDescription

/// One list for every target.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]

/// The core's targets may use AVX2 and FMA on x86-64; `make BASELINE=1` builds without them, slow and
/// bit-identical. Square roots need no errno, so they stay in vector registers.
#if arch(x86_64)
  let vectorFlags =
    Context.environment["BASELINE"] == "1"
    ? ["-Xcc", "-fno-math-errno"]
    : ["-Xcc", "-mavx2", "-Xcc", "-mfma", "-Xcc", "-fno-math-errno"]
#else
  let vectorFlags = ["-Xcc", "-fno-math-errno"]
#endif
let coreSettings = settings + [.unsafeFlags(vectorFlags)]

/// For those who tell users what the core was built for; they are themselves built for any CPU.
let describingSettings =
  settings + (vectorFlags.contains("-mavx2") ? [SwiftSetting.define("AVX2_FMA")] : [])

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

/// The tests of `module`, which may also import the modules it stands on.
func testTarget(_ module: String, _ others: [String] = [], exclude: [String] = []) -> Target {
  .testTarget(
    name: module + "Tests", dependencies: ([module] + others).map { .init(stringLiteral: $0) },
    exclude: exclude, swiftSettings: settings)
}

let package = Package(
  name: "regrok",
  platforms: [.macOS(.v26)],
  products: [
    .executable(name: "regrok", targets: ["regrok"]),
    .library(name: "DeterministicNumerics", targets: ["DeterministicNumerics"]),
    .library(name: "Learning", targets: ["Learning"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .systemLibrary(name: "CArchive"),
    .systemLibrary(name: "CZstd"),
    .target(name: "DeterministicNumerics", swiftSettings: coreSettings),
    .target(name: "Learning", dependencies: ["DeterministicNumerics"], swiftSettings: coreSettings),
    .target(name: "RunRecords", dependencies: [crypto, yams], swiftSettings: settings),
    .target(
      name: "Training", dependencies: ["RunRecords", "Learning"],
      swiftSettings: describingSettings),
    .target(
      name: "Bundles", dependencies: ["RunRecords", "CArchive", "CZstd"], swiftSettings: settings),
    .target(
      name: "Replay", dependencies: ["Bundles", "Training", "RunRecords"], swiftSettings: settings),
    .target(
      name: "Reports", dependencies: ["Replay", "Bundles", "RunRecords"], swiftSettings: settings),
    .executableTarget(
      name: "regrok",
      dependencies: [
        "Reports", "Replay", "Bundles", "Training", "RunRecords", "Learning",
        "DeterministicNumerics", arguments,
      ],
      swiftSettings: describingSettings),
    .executableTarget(
      name: "benchmark",
      dependencies: ["Learning", "DeterministicNumerics", "Training", arguments],
      swiftSettings: coreSettings),
  ]
    + [
      testTarget("DeterministicNumerics"),
      testTarget("Learning", ["DeterministicNumerics"], exclude: ["Fixtures"]),
      testTarget("RunRecords"),
      testTarget("Training", ["RunRecords", "Learning"]),
      testTarget("Bundles", ["RunRecords"]),
      testTarget("Replay", ["Bundles", "Training", "RunRecords"]),
      testTarget("Reports", ["Replay", "Bundles", "RunRecords"]),
      .testTarget(
        name: "CommandTests", dependencies: ["regrok", "Bundles", "RunRecords"],
        swiftSettings: settings),
    ]
)
