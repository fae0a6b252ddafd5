import ArgumentParser
import Foundation
import Generation

extension ModelConversion.ElementType: ExpressibleByArgument {}
extension SignalSystem: ExpressibleByArgument {}

/// `gen convert IN OUT`, and with `--from` the checkpoints of signal-token systems.
struct Convert: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Write a model in another layout or type, or make a folder of a signal-token system's checkpoint.",
    discussion: """
      gen convert sd-v1-5.ckpt sd-v1-5.gguf --type q8_0      (any model that --model takes; OUT's ending says what to write:
      gen convert sdxl.safetensors sdxl-folder --type f16     .safetensors or .gguf for a single file, else a folder)
      gen convert --from minigpt5 --llm vicuna-7b --diffusion stable-diffusion-2-1-base stage1.ckpt stage2.ckpt -o minigpt5
      gen convert --from gill --llm opt-6.7b --diffusion stable-diffusion-v1-5 gill_opt/ -o gill
      gen convert --from nextgpt --llm vicuna-7b --diffusion stable-diffusion-v1-5 7b_tiva_v0/ -o nextgpt
      """)

  @Argument(
    help: "The model and where to write it; or, with --from, the checkpoint's files or folders in order.")
  var paths: [String]

  @Option(name: .shortAndLong, help: "Where to write, as an option.")
  var output: String?

  @Option(help: "f32, f16, bf16, or for .gguf also q8_0 and q4_0 (default: as stored).")
  var type: ModelConversion.ElementType?

  @Flag(help: "Replace what is there.")
  var force = false

  @OptionGroup var signals: SignalConversionOptions
  @OptionGroup var options: RunOptions

  mutating func run() throws {
    try options.apply()
    let isQuiet = options.quiet || options.json
    let target: String
    if signals.from != nil {
      guard let output else { throw UsageError("name the folder to make: --output FOLDER") }
      try signals.convert(paths, to: output, quiet: isQuiet)
      target = output
    } else {
      let all = paths + [output].compactMap(\.self)
      guard all.count == 2 else {
        throw UsageError(
          "give the model and where to write it: gen convert IN OUT (or --from, see gen convert --help)")
      }
      target = all[1]
      try convert(all[0], to: URL(filePath: target), quiet: isQuiet)
    }
    if options.json {
      try printJSON(["output": target])
    } else if !options.quiet {
      print(target)
    }
  }

  private func convert(_ model: String, to target: URL, quiet: Bool) throws {
    var report = ProgressReport(label: "tensors ")
    do {
      try ModelConversion(ModelFiles(contentsOf: URL(filePath: model)), type: type)
        .write(to: target, replaces: force) { written, total in
          try Interrupt.check()
          if !quiet { report.update(completed: written, total: total) }
        }
    } catch let error as ConversionError {
      throw UsageError("\(error)")
    }
  }
}
