import ArgumentParser
import DeterministicNumerics
import Foundation
import Learning
import Training

/// What `make bench` prints: speed of the step, the evaluation and the kernels beside the core's measured peak.
@main
struct Benchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmark",
    abstract: "Measures training steps, evaluation, kernels, scaling and memory.")

  @Flag(help: "Measure the paper's training step and evaluation only.")
  var stepOnly = false
  @Flag(help: "Print JSON.")
  var json = false
  @Option(help: "Threads of the step with --step-only.")
  var threads = 1
  @Option(help: "Modulus p with --step-only.")
  var modulus = 97
  @Option(help: "Batch size with --step-only.")
  var batch = 512

  func run() throws {
    if stepOnly {
      let step = PaperStep(modulus: modulus, batch: batch)
      let speed = try stepsPerSecond(step, threads: threads)
      let evaluations = 1 / (try evaluationSeconds(step, threads: threads))
      print(
        json
          ? "{\"steps_per_second\":\(speed),\"evaluations_per_second\":\(evaluations)}"
          : "\(format(speed, 1)) steps/s, \(format(evaluations, 1)) evaluations/s")
      return
    }
    let peak = FMAPeak.measure()
    print(
      "one core's FMA peak (measured, \(FMAPeak.Lanes.scalarCount) lanes): \(format(peak, 1)) GFLOP/s\n"
    )
    try printSteps(peak: peak)
    printKernels(peak: peak)
    printMemory()
  }

  private func stepsPerSecond(_ step: PaperStep, threads: Int) throws -> Double {
    if threads == 1 { return step.stepsPerSecond(SerialWorkers()) }
    return step.stepsPerSecond(try WorkerPool(threads: threads))
  }

  private func evaluationSeconds(_ step: PaperStep, threads: Int) throws -> Double {
    if threads == 1 { return step.evaluationSeconds(SerialWorkers()) }
    return step.evaluationSeconds(try WorkerPool(threads: threads))
  }

  private func printSteps(peak: Double) throws {
    print("training step              steps/s   GFLOP/s   of peak x threads")
    for (step, threads) in [
      (PaperStep(), 1), (PaperStep(), 2), (PaperStep(modulus: 53), 1), (PaperStep(modulus: 127), 1),
      (PaperStep(modulus: 257), 1), (PaperStep(modulus: 509), 1), (PaperStep(batch: 64), 1),
      (PaperStep(batch: 256), 1), (PaperStep(batch: 1024), 1), (PaperStep(batch: 4096), 1),
    ] {
      let speed = try stepsPerSecond(step, threads: threads)
      let rate = speed * step.operationsOfStep / 1e9
      print(
        pad("p=\(step.modulus) batch=\(step.batch) threads=\(threads)", 27)
          + pad(format(speed, 1), 10) + pad(format(rate, 1), 10)
          + "\(format(100 * rate / peak / Double(threads), 0)) %")
    }
    let step = PaperStep()
    for threads in [1, 2] {
      let time = try evaluationSeconds(step, threads: threads)
      let rate = step.operationsOfEvaluation / time / 1e9
      print(
        pad("evaluation p=97 threads=\(threads)", 27) + pad(format(1 / time, 1), 10)
          + pad(format(rate, 1), 10) + "\(format(100 * rate / peak / Double(threads), 0)) %")
    }
    print()
  }

  private func printKernels(peak: Double) {
    print("kernel                        GFLOP/s   of peak")
    for (name, m, n, k) in [
      ("x·Wᵀ feed-forward in", 512, 512, 128), ("x·Wᵀ feed-forward out", 512, 128, 512),
      ("x·Wᵀ head", 512, 97, 128), ("x·Wᵀ attention out", 512, 128, 128),
    ] {
      report(name, Kernels.product(m: m, n: n, k: k), peak)
    }
    for (name, m, n, k) in [
      ("dyᵀ·x feed-forward in", 512, 128, 512), ("dyᵀ·x feed-forward out", 128, 512, 512),
      ("dyᵀ·x head", 97, 128, 512),
    ] {
      report(name, Kernels.transposedProduct(m: m, n: n, k: k), peak)
    }
    print("\nfunction                   ns/element")
    for (name, time) in Kernels.elementwise() { print(pad(name, 27) + format(time, 2)) }
    print()
  }

  private func report(_ name: String, _ rate: Double, _ peak: Double) {
    print(pad(name, 30) + pad(format(rate, 1), 10) + "\(format(100 * rate / peak, 0)) %")
  }

  private func printMemory() {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    for line in status.split(separator: "\n") where line.hasPrefix("VmHWM") {
      print("peak memory of all of the above: " + line.dropFirst(6).filter { $0 != "\t" })
    }
  }

  private func format(_ value: Double, _ digits: Int) -> String {
    String(format: "%.\(digits)f", value)
  }

  private func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }
}
