import ArgumentParser
import Foundation
import Generation
import Samplers

extension PromptOptions.Syntax: ExpressibleByArgument {}

/// What is put beside a model's own files, and how prompts are read.
struct ModelExtras: ParsableArguments {
  enum Prediction: String, CaseIterable, ExpressibleByArgument { case epsilon, v, sample }

  @Option(help: "An autoencoder to use instead of the model's: a folder, or a single file.")
  var vae: String?

  @Option(help: "A LoRA file, and after a colon how much of it (1): style.safetensors:0.8. May be repeated.")
  var lora: [String] = []

  @Option(help: "A textual-inversion file, and before = its word in prompts. May be repeated.")
  var embedding: [String] = []

  @Option(help: "What the UNet predicts, where a file does not say or says wrong: epsilon, v or sample.")
  var prediction: Prediction?

  @Option(help: "Take this variant of a folder's weights first: fp16, bf16, non_ema.")
  var variant: String?

  @Option(help: "Layers of the text encoder to leave out at its end.")
  var clipSkip: Int?

  @Option(help: "How prompts are read: plain, or a1111 for (word:1.3), [word] and BREAK.")
  var promptSyntax = PromptOptions.Syntax.plain

  @Flag(help: "Read on beyond 77 tokens, in chunks of 75, instead of cutting the prompt off.")
  var longPrompts = false

  var choices: ModelChoices {
    get throws {
      var choices = ModelChoices()
      choices.variant = variant
      choices.prediction =
        switch prediction {
        case nil: nil
        case .epsilon: .epsilon
        case .v: .velocity
        case .sample: .sample
        }
      choices.autoencoder = vae.map { URL(filePath: $0) }
      choices.adapters = try lora.map(Self.adapter)
      choices.embeddings = embedding.map { text in
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(
          String.init)
        return parts.count == 2 ? (parts[0], URL(filePath: parts[1])) : (nil, URL(filePath: text))
      }
      return choices
    }
  }

  var promptOptions: PromptOptions {
    get throws {
      try clipSkip?.checked("--clip-skip", 0...255)
      var options = PromptOptions()
      options.syntax = promptSyntax
      options.clipSkip = clipSkip
      options.readsLongPrompts = longPrompts
      return options
    }
  }

  private static func adapter(_ text: String) throws -> (file: URL, scale: Float) {
    // A path may hold colons; a scale is what reads as a number.
    guard let colon = text.lastIndex(of: ":"), let scale = Float(text[text.index(after: colon)...]) else {
      return (URL(filePath: text), 1)
    }
    guard scale.isFinite else { throw UsageError("--lora \(text): the scale is not a finite number") }
    return (URL(filePath: String(text[..<colon])), scale)
  }
}
