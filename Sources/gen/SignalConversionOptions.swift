import ArgumentParser
import Foundation
import Generation

/// What it takes to make a model folder of a signal-token system's checkpoint.
struct SignalConversionOptions: ParsableArguments {
  @Option(help: "Whose checkpoint it is: minigpt5, gill or nextgpt.")
  var from: SignalSystem?

  @Option(help: "The language model that it was trained with: a Hugging Face folder or GGUF file.")
  var llm: String?

  @Option(help: "The Stable Diffusion folder that it draws with.")
  var diffusion: String?

  @Option(help: "Instead of the system's own; with {prompt} and, at the end, {signals}.")
  var promptTemplate: String?

  @Option(help: "The adapter's lora_alpha, where no file says it and it is not the system's own.")
  var loraAlpha: Float?

  /// Converts, and says on standard error what is being done.
  func convert(_ checkpoints: [String], to output: String, quiet: Bool) throws {
    guard let from else { throw UsageError("say whose checkpoint it is: --from minigpt5, gill or nextgpt") }
    guard let diffusion else {
      throw UsageError("name the Stable Diffusion folder that it draws with: --diffusion FOLDER")
    }
    if let loraAlpha, !loraAlpha.isFinite { throw UsageError("--lora-alpha \(loraAlpha) is not a number") }
    var converter = SignalSystemConverter(
      from, checkpoints: checkpoints.map { URL(filePath: $0) }, languageModel: llm.map { URL(filePath: $0) },
      diffusion: URL(filePath: diffusion))
    converter.promptTemplate = promptTemplate
    converter.adapterAlpha = loraAlpha
    try converter.convert(to: URL(filePath: output)) { part in
      try Interrupt.check()
      if !quiet { printError(part) }
    }
  }
}
