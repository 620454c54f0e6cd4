// swift-tools-version: 6.2
import PackageDescription

/// The settings of every target.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]

/// The instructions for which the core's targets are compiled on x86-64. Only the speed differs,
/// the bits are the same. `make` chooses the best ones that this machine has.
let vectors = Context.environment["VECTORS"] ?? "avx2"

/// Square roots need no errno, so they stay in vector registers.
var vectorFlags = ["-fno-math-errno"]
var vectorDefines: [SwiftSetting] = []
#if arch(x86_64)
  switch vectors {
  case "baseline": break
  case "avx2":
    vectorFlags += ["-mavx2", "-mfma"]
    vectorDefines = [.define("AVX2")]
  case "avx512":
    vectorFlags += [
      "-mavx2", "-mfma", "-mavx512f", "-mavx512vl", "-mavx512dq", "-mavx512bw",
    ]
    vectorDefines = [.define("AVX512")]
  default: fatalError("VECTORS is \(vectors); it can be baseline, avx2 or avx512")
  }
#endif
let coreSettings =
  settings + vectorDefines + [.unsafeFlags(vectorFlags.flatMap { ["-Xcc", $0] })]

/// For targets that report what the core was built for. They are themselves built for any CPU.
let describingSettings = settings + vectorDefines

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

/// The tests of `module`. They may also import the modules on which it depends.
func testTarget(_ module: String, _ others: [String] = [], exclude: [String] = []) -> Target {
  .testTarget(
    name: module + "Tests", dependencies: ([module] + others).map { .init(stringLiteral: $0) },
    exclude: exclude, swiftSettings: settings)
}

/// What the tests share: random numbers from a seed, temporary directories, bundles made by hand.
let testSupport = Target.target(
  name: "TestSupport",
  dependencies: [
    "Archive", "ArchiveFiles", "BundleChecks", "Digests", "Bundles", "RunRecords", "Catalogue",
  ],
  path: "Tests/TestSupport",
  swiftSettings: settings)

let tests: [Target] = [
  testSupport,
  testTarget("DeterministicNumerics", exclude: ["Fixtures"]),
  testTarget("Catalogue", ["Learning", "RunRecords"]),
  testTarget(
    "Learning", ["Catalogue", "DeterministicNumerics", "Digests", "RunRecords"],
    exclude: ["Fixtures"]),
  testTarget("RunRecords", ["TestSupport"]),
  testTarget("Configs", ["RunRecords", "Catalogue", "TestSupport"]),
  testTarget("Digests"),
  testTarget("Files", ["TestSupport"]),
  testTarget("Archive", ["ArchiveFiles", "TestSupport"]),
  testTarget("Training", ["Files", "RunRecords", "Catalogue", "TestSupport"]),
  testTarget(
    "Bundles", ["Archive", "ArchiveFiles", "BundleChecks", "Digests", "RunRecords", "TestSupport"]),
  testTarget("Programs", ["Digests", "Files", "RunRecords", "TestSupport"]),
  testTarget(
    "Sweeps",
    [
      "Archive", "Bundles", "Catalogue", "Configs", "Digests", "Files", "Programs", "Training",
      "RunRecords", "TestSupport",
    ]),
  testTarget("Comparison", ["Bundles", "Digests", "RunRecords", "TestSupport"]),
  testTarget(
    "Replay",
    [
      "Comparison", "Archive", "ArchiveFiles", "Digests", "Bundles", "Training", "RunRecords",
      "Catalogue", "TestSupport",
    ]),
  testTarget(
    "Analysis", ["Archive", "Digests", "Bundles", "RunRecords", "Catalogue", "TestSupport"],
    exclude: ["Fixtures"]),
  testTarget(
    "Reports",
    [
      "Analysis", "Archive", "Digests", "Comparison", "Replay", "Bundles", "RunRecords",
      "Catalogue", "PageSources", "TestSupport",
    ]),
  .testTarget(
    name: "CommandTests",
    dependencies: ["regrok", "Digests", "Bundles", "Configs", "RunRecords", "TestSupport"],
    swiftSettings: settings),
]

/// When fuzzing, the fuzz target replaces the tests.
let isFuzzing = Context.environment["FUZZ"] != nil
let fuzz = Target.executableTarget(
  name: "fuzz",
  dependencies: [
    "Analysis", "Reports", "Comparison", "Replay", "Sweeps", "Archive", "ArchiveFiles",
    "BundleChecks", "Configs", "Digests", "Bundles", "RunRecords", "TestSupport",
  ],
  path: "Tests/Fuzz", exclude: ["run.sh"],
  swiftSettings: settings + [.unsafeFlags(["-parse-as-library"])])

let package = Package(
  name: "regrok",
  platforms: [.macOS(.v26)],
  products: [
    .executable(name: "regrok", targets: ["regrok"]),
    .library(name: "DeterministicNumerics", targets: ["DeterministicNumerics"]),
    .library(name: "Catalogue", targets: ["Catalogue"]),
    .library(name: "Learning", targets: ["Learning"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .systemLibrary(name: "CArchive"),
    .systemLibrary(name: "CMalloc"),
    .systemLibrary(name: "CSystem"),
    .systemLibrary(name: "CZstd"),
    .target(name: "DeterministicNumerics", swiftSettings: coreSettings),
    .target(name: "Catalogue", swiftSettings: coreSettings),
    .target(
      name: "Learning", dependencies: ["Catalogue", "DeterministicNumerics"],
      swiftSettings: coreSettings),
    .target(name: "Digests", dependencies: [crypto], swiftSettings: settings),
    .target(name: "RunRecords", dependencies: ["Catalogue", "Digests"], swiftSettings: settings),
    .target(
      name: "Configs", dependencies: ["RunRecords", "Catalogue", "DeterministicNumerics", yams],
      swiftSettings: settings),
    .target(name: "Files", dependencies: ["CSystem"], swiftSettings: settings),
    .target(
      name: "Execution", dependencies: ["RunRecords", "Learning", "Catalogue"],
      swiftSettings: settings),
    .target(
      name: "Training",
      dependencies: ["Execution", "Files", "RunRecords", "Learning", "Catalogue"],
      swiftSettings: describingSettings),
    .target(
      name: "Programs", dependencies: ["Configs", "Digests", "Files", "RunRecords", "CSystem"],
      swiftSettings: settings),
    .target(name: "Archive", dependencies: ["Digests"], swiftSettings: settings),
    .target(
      name: "ArchiveFiles", dependencies: ["Archive", "Digests", "Files", "CArchive", "CZstd"],
      swiftSettings: settings),
    .target(
      name: "BundleChecks", dependencies: ["Archive", "Digests", "RunRecords"],
      swiftSettings: settings),
    .target(
      name: "Bundles",
      dependencies: ["Archive", "ArchiveFiles", "BundleChecks", "Digests", "Files", "RunRecords"],
      swiftSettings: settings),
    .target(
      name: "Comparison", dependencies: ["Archive", "Digests", "Bundles", "RunRecords"],
      swiftSettings: settings),
    .target(
      name: "Replay",
      dependencies: [
        "Archive", "ArchiveFiles", "Digests", "Files", "Comparison", "Bundles", "Training",
        "Programs", "RunRecords",
      ],
      swiftSettings: settings),
    .target(
      name: "Sweeps",
      dependencies: [
        "Archive", "Configs", "Digests", "Files", "Bundles", "Training", "Programs", "RunRecords",
        "Catalogue",
      ],
      swiftSettings: settings),
    .target(
      name: "Analysis",
      dependencies: [
        "Archive", "Configs", "Digests", "Bundles", "RunRecords", "Files", "DeterministicNumerics",
      ],
      swiftSettings: settings),
    .target(
      name: "PageSources", path: "Sources/page",
      exclude: [
        "CWebAssembly", "assemble.py", "build.sh", "core.js", "replay.css", "replay.html",
        "replay.js", "runtime", "wasm", "worker.js",
      ], sources: ["PageSources.swift"],
      resources: ["picture.css", "chart.css", "chart.js"].map { .embedInCode($0) },
      swiftSettings: settings),
    .target(
      name: "Reports",
      dependencies: [
        "Analysis", "Comparison", "Replay", "Archive", "Digests", "Bundles", "Files", "RunRecords",
        "DeterministicNumerics", "PageSources",
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "regrok",
      dependencies: [
        "Reports", "Analysis", "Comparison", "Replay", "Sweeps", "Archive", "Digests", "Bundles",
        "Training", "Programs", "Files", "Configs", "RunRecords",
        "DeterministicNumerics", "CMalloc", "CSystem", arguments,
      ],
      swiftSettings: describingSettings),
    .executableTarget(
      name: "benchmark",
      dependencies: ["Learning", "Catalogue", "DeterministicNumerics", "Training", arguments],
      swiftSettings: coreSettings),
  ]
    + (isFuzzing ? [testSupport, fuzz] : tests)
)
