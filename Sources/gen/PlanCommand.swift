import ArgumentParser
import Foundation
import Generation

/// `gen plan`: takes what `gen draw` does and draws nothing.
struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Say how much memory and time a picture would take.")

  @OptionGroup var draw: Draw

  func run() throws {
    try draw.options.apply()
    var request = try draw.request(needsPrompt: false)
    request.prompt = ""
    let files = try draw.model.files(draw.extras.choices)
    var options = try draw.pipelineOptions(files)
    options.isLowMemory = draw.memory.lowMemory
    let count = draw.batchCount
    let plan = try asUsage { try MemoryPlan(request, count: count, files, options) }
    var fitted = options
    let available = SystemMemory.available
    let fits = available.map { $0 >= plan.peak }
    let fitting = try available.flatMap { available in
      do {
        return try MemoryPlan.fitting(request, count: count, files, &fitted, available: available)
      } catch is MemoryPlan.TooLarge {
        return nil
      }
    }
    let speed = ArithmeticSpeed.measured() * ArithmeticSpeed.networkShare
    let phases = plan.phases.map {
      Report.Phase(name: $0.name, weights: $0.weights, working: $0.working, seconds: $0.operations / speed)
    }
    let report = Report(
      model: files.name, peak: plan.peak, available: available, fits: fits,
      adapts: fits == false ? fitting.map { Report.Adapted(peak: $0.peak, tile: $0.tiling?.latents) } : nil,
      seconds: phases.reduce(0) { $0 + $1.seconds }, phases: phases)
    draw.options.json ? try printJSON(report) : report.print()
  }

  private struct Report: Encodable {
    struct Phase: Encodable {
      let name: String
      let weights: Int
      let working: Int
      let seconds: Double
    }
    /// What it takes with networks let go and, if there is a number, tiles of so many latents a side.
    struct Adapted: Encodable {
      let peak: Int
      let tile: Int?
    }
    let model: String
    let peak: Int
    let available: Int?
    let fits: Bool?
    let adapts: Adapted?
    let seconds: Double
    let phases: [Phase]

    func print() {
      func row(_ name: String, _ weights: String, _ working: String, _ time: String) {
        func padded(_ text: String, _ width: Int) -> String {
          String(repeating: " ", count: max(0, width - text.count)) + text
        }
        Swift.print(
          name + String(repeating: " ", count: max(1, 22 - name.count)) + padded(weights, 10)
            + padded(working, 12)
            + padded(time, 12))
      }
      row(model, "weights", "features", "time")
      for phase in phases {
        row(
          phase.name, gigabytes(phase.weights), gigabytes(phase.working),
          String(format: "%.1f s", phase.seconds))
      }
      row("at most", gigabytes(peak), "", String(format: "%.1f s", seconds))
      guard let available, let fits else { return }
      var verdict = "\(gigabytes(available)) of memory are available: "
      if fits {
        verdict += "it fits"
      } else if let adapts {
        verdict += "it will be made to fit, with \(gigabytes(adapts.peak))"
      } else {
        verdict += "it does not fit"
      }
      Swift.print(verdict)
    }
  }
}
