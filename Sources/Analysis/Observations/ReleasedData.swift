private import Foundation
internal import RunRecords

/// The per-run results that the paper's authors released: `full_results1.json` to `full_results10.json` of
/// ClevixLab/grokking-norm-separation.
enum ReleasedData {
  struct Run: Decodable {
    struct Fit: Decodable {
      var rate: Double
      var rSquared: Double
      var amplitude: Double
      var floor: Double

      enum CodingKeys: String, CodingKey {
        case rate = "rate_fit"
        case rSquared = "R2"
        case amplitude = "A"
        case floor = "C"
      }
    }

    struct Logs: Decodable {
      var steps: [Int]
      var squaredNorm: [Double]
      var trainLoss: [Double]
      var trainAccuracy: [Double]
      var validationLoss: [Double]
      var validationAccuracy: [Double]

      enum CodingKeys: String, CodingKey {
        case steps
        case squaredNorm = "V_t"
        case trainLoss = "train_loss"
        case trainAccuracy = "train_acc"
        case validationLoss = "val_loss"
        case validationAccuracy = "val_acc"
      }
    }

    struct Fourier: Decodable {
      var steps: [Int]
      var outsideShare: [Double]
      var strongBins: [Int]
      var spectra: [[Double]]

      enum CodingKeys: String, CodingKey {
        case steps
        case outsideShare = "R"
        case strongBins = "K"
        case spectra
      }
    }

    var seed: UInt64
    var modulus: Int?
    var bits: Int?
    var learningRate: Double?
    var weightDecay: Double?
    var task: String?
    var optimizer: String?
    var config: String?
    var memorizationStep: Int?
    var grokkingStep: Int?
    var squaredNormAtMemorization: Double?
    var finalSquaredNorm: Double?
    var fit: Fit?
    var logs: Logs?
    var fourier: Fourier?
    var isLowResolution: Bool?

    enum CodingKeys: String, CodingKey {
      case seed
      case modulus = "p"
      case bits = "n"
      case learningRate = "eta"
      case weightDecay = "lam"
      case task
      case optimizer
      case config
      case memorizationStep = "T_mem"
      case grokkingStep = "T_grok"
      case squaredNormAtMemorization = "V_at_mem"
      case finalSquaredNorm = "V_final"
      case fit
      case logs
      case fourier = "fourier_logs"
      case isLowResolution = "_lowres"
    }
  }

  private struct File: Decodable {
    var runs: [Run]
  }

  /// The largest file that is read, in bytes.
  private static let largestFile = 1 << 30

  static func runs(file: Int, in directory: String) throws(AnalysisError) -> [Run] {
    let path = directory + "/full_results\(file).json"
    let content = Data(try DirectoryWalk.content(of: path, most: largestFile))
    do {
      return file <= 8
        ? try JSONDecoder().decode(File.self, from: content).runs
        : try JSONDecoder().decode([Run].self, from: content)
    } catch {
      throw .unreadable(path: path, reason: "not the released results: \(error)")
    }
  }
}

extension Evidence {
  /// Reads the released results. Norms are fitted here again wherever the logged norms are released.
  public init(releasedData directory: String) throws(AnalysisError) {
    var observations: [Experiment: [Observation]] = [:]
    let intervals = [200, 500, 200, 200, 200, 200, 200, 200, 200, 200]
    for file in 1...10 {
      let runs = try ReleasedData.runs(file: file, in: directory)
      for (place, run) in runs.enumerated() {
        let experiment: Experiment =
          switch file {
          case 1: .contraction
          case 2: .decaySweep
          case 3: .modulusSweep
          case 4: .spectrum
          // The 25 runs of the η sweep come first, then the 45 of the grid.
          case 5: place < 25 ? .rateSweep : .jointSweep
          case 6: .optimizers
          case 7: run.isLowResolution == true ? .spectrumAgain : .spectrumInFull
          case 8: .threeOptimizers
          case 9: .multiplication
          default: .parity
          }
        var observation = try Observation(
          run, source: "full_results\(file).json, run \(place + 1)", interval: intervals[file - 1])
        for index in observation.spectra.indices {
          observation.spectra[index].isFull = experiment == .spectrumInFull
        }
        observations[experiment, default: []].append(observation)
      }
    }
    self.init(observations)
  }
}

extension Observation {
  fileprivate init(_ run: ReleasedData.Run, source: String, interval: Int) throws(AnalysisError) {
    self.source = source
    seed = run.seed
    let size = run.modulus ?? run.bits ?? 0
    task =
      switch run.task {
      case "multiplication": .multiplication(modulus: size)
      case "parity": .parity(bits: size)
      default: .addition(modulus: size)
      }
    optimizer =
      switch (run.optimizer, run.config) {
      case ("sgd", _), (_, "sgd_2lam"): .sgd(decayFactor: 2)
      case (_, "sgd_1lam"): .sgd(decayFactor: 1)
      default: .adamW
      }
    // S9 and S10 name neither; the paper has them at 1e-3 and 1.
    learningRate = run.learningRate ?? 1e-3
    weightDecay = run.weightDecay ?? 1
    logInterval = interval
    trajectory = "\(task) \(optimizer) \(learningRate) \(weightDecay) \(seed)"
    memorizationStep = run.memorizationStep
    grokkingStep = run.grokkingStep
    squaredNormAtMemorization = run.squaredNormAtMemorization
    finalSquaredNorm = run.finalSquaredNorm
    rows = []
    if let logs = run.logs {
      let counts = [
        logs.squaredNorm, logs.trainLoss, logs.trainAccuracy, logs.validationLoss,
        logs.validationAccuracy,
      ]
      .map(\.count)
      guard counts.allSatisfy({ $0 == logs.steps.count }) else {
        throw .unreadable(path: source, reason: "its logs have columns of unequal length")
      }
      rows = logs.steps.indices.map { i in
        MetricsRow(
          step: logs.steps[i], trainLoss: logs.trainLoss[i], trainAccuracy: logs.trainAccuracy[i],
          validationLoss: logs.validationLoss[i], validationAccuracy: logs.validationAccuracy[i],
          squaredNorm: logs.squaredNorm[i])
      }
      fit = Self.fit(rows: rows, from: run.memorizationStep, decay: learningRate * weightDecay)
    } else if let released = run.fit {
      fit = ExponentialFit(
        amplitude: released.amplitude, exponent: log(released.rate), floor: released.floor,
        rSquared: released.rSquared)
    }
    if let fourier = run.fourier {
      let counts = [fourier.outsideShare.count, fourier.strongBins.count, fourier.spectra.count]
      guard counts.allSatisfy({ $0 == fourier.steps.count }) else {
        throw .unreadable(path: source, reason: "its spectra have columns of unequal length")
      }
      spectra = fourier.steps.indices.map { i in
        Spectrum(
          step: fourier.steps[i], power: fourier.spectra[i], outsideShare: fourier.outsideShare[i],
          strongBins: fourier.strongBins[i])
      }
    }
  }
}
