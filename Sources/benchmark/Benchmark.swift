import ArgumentParser
import DeterministicNumerics
import Foundation
import Learning
import Training

/// What `make bench` prints: the speed of the step, the evaluation and the kernels, compared with
/// the measured peak of the core.
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
      let step = TrainingStep(modulus: modulus, batch: batch)
      let workers = try WorkerPool(threads: threads)
      let speed = 1 / mean(for: 3, step.step(workers))
      let evaluations = 1 / mean(for: 2, step.evaluation(workers))
      print(
        json
          ? "{\"steps_per_second\":\(speed),\"evaluations_per_second\":\(evaluations)}"
          : "\(format(speed, 1)) steps/s, \(format(evaluations, 1)) evaluations/s")
      return
    }
    var peak = FMAPeak.measure()
    print("Each time is the best of many. Of the peak of one core's fused multiply-adds,")
    print("\(FMAPeak.Lanes.scalarCount) lanes, times the threads, measured before each line.\n")
    try printSteps(&peak)
    printKernels(peak: peak)
    printMemory()
  }

  private func printSteps(_ peak: inout Double) throws {
    print("training step                        steps/s   GFLOP/s   of the peak")
    let papers = [
      TrainingStep(), TrainingStep(modulus: 53), TrainingStep(modulus: 127),
      TrainingStep(modulus: 257), TrainingStep(modulus: 509), TrainingStep(batch: 256),
      TrainingStep(batch: 1024), TrainingStep(batch: 4096),
    ]
    let one = try WorkerPool(threads: 1)
    for step in papers + TrainingStep.laboratory {
      report(step.name, best(for: 3, step.step(one)), step.operationsOfStep, 1, &peak)
    }
    let two = try WorkerPool(threads: 2)
    let step = papers[0]
    report(
      "\(step.name), 2 threads", best(for: 3, step.step(two)), step.operationsOfStep, 2, &peak)
    let evaluation = step.operationsOfEvaluation
    report("evaluation p=97", best(for: 2, step.evaluation(one)), evaluation, 1, &peak)
    report(
      "evaluation p=97, 2 threads", best(for: 2, step.evaluation(two)), evaluation, 2, &peak)
    print("\nthe peak: \(format(peak, 1)) GFLOP/s\n")
  }

  private func report(
    _ name: String, _ time: Double, _ operations: Double, _ threads: Int, _ peak: inout Double
  ) {
    peak = max(peak, FMAPeak.measure())
    let rate = operations / time / 1e9
    print(
      pad(name, 37) + pad(format(1 / time, 1), 10) + pad(format(rate, 1), 10)
        + pad(format(peak, 1), 7) + "\(format(100 * rate / peak / Double(threads), 0)) %")
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
