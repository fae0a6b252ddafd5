import ArgumentParser
import Foundation
import Generation

extension SignalSystem: ExpressibleByArgument {}

struct Convert: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make a model folder of the checkpoints of MiniGPT-5, GILL or NExT-GPT.",
    discussion: """
      gen convert --from minigpt5 --llm vicuna-7b --diffusion stable-diffusion-2-1-base stage1.ckpt stage2.ckpt -o minigpt5
      gen convert --from gill --llm opt-6.7b --diffusion stable-diffusion-v1-5 gill_opt/ -o gill
      gen convert --from nextgpt --llm vicuna-7b --diffusion stable-diffusion-v1-5 7b_tiva_v0/ -o nextgpt
      """)

  @Argument(help: "The checkpoint's files or folders, in the order in which they are loaded.")
  var checkpoints: [String]

  @Option(name: .shortAndLong, help: "The folder to make.")
  var output: String

  @OptionGroup var signals: SignalConversionOptions
  @OptionGroup var options: RunOptions

  mutating func run() throws {
    try options.apply()
    try signals.convert(checkpoints, to: output, quiet: options.quiet || options.json)
    if options.json {
      try printJSON(["output": output])
    } else if !options.quiet {
      print(output)
    }
  }
}
