import ArgumentParser
import DiffusionModels
import Foundation
import Generation
import Tensors

/// `gen bench speed`: where a denoising step's time goes, and how it compares with what the machine can do.
struct BenchSpeed: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "speed", abstract: "Time one guided denoising step and the decoder, by kind of operation.")

  @OptionGroup var size: SizeOptions

  @Option(help: "The networks' arithmetic: f32, bf16 or int8.")
  var precision = Precision.f32

  @Option(help: "How often to repeat what is timed.")
  var rounds = 5

  @Flag(name: .customLong("only-unet"), help: "Time the UNet only.")
  var onlyUNet = false

  @Flag(help: "Load the UNet in fp32 too, and say how far the results differ.")
  var compare = false

  @OptionGroup var model: ModelOptions
  @OptionGroup var options: RunOptions

  mutating func run() throws {
    try options.apply()
    try rounds.checked("--rounds", 1...1000)
    let benchmark = try SpeedBenchmark(folder: model.folder, precision: precision)
    let report = try asUsage {
      try benchmark.run(
        width: size.width, height: size.height, rounds: rounds, decoding: !onlyUNet, comparing: compare)
    }
    if options.json { try printJSON(report) } else { print(report.table) }
  }
}
