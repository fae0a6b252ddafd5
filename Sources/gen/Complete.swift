import ArgumentParser
import Foundation
import Generation
import LanguageModels

struct Complete: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Continue a text with the language model, raw: no chat template, nothing hidden.")

  @Argument(help: "The text to continue.")
  var text: String

  @Option(name: [.customShort("n"), .customLong("tokens")], help: "Tokens to write at most.")
  var count = 64

  @Option(help: "Randomness; 0 takes the likeliest token each time.")
  var temperature: Float = 0

  @Option(help: "Choose among this many likeliest tokens; 0 for all.")
  var topK = 40

  @Option(help: "Choose among the likeliest tokens of this total probability.")
  var topP: Float = 0.95

  @Option(help: "Leave out tokens less likely than this share of the likeliest.")
  var minP: Float = 0.05

  @Option(name: .shortAndLong, parsing: .unconditional, help: "Where the choices start; negative: anywhere.")
  var seed: Int64 = 42

  @OptionGroup var model: ModelOptions
  @OptionGroup var options: RunOptions

  mutating func run() throws {
    try options.apply()
    let count = try count.checked("--tokens", 1...1_000_000)
    let temperature = try temperature.checkedTemperature()
    guard topK >= 0 else { throw UsageError("--top-k \(topK) is below 0") }
    guard (0...1).contains(topP), (0...1).contains(minP) else {
      throw UsageError("--top-p and --min-p must be in 0...1")
    }
    let file =
      try model.languageModel ?? LanguageModelSource.languageModel(of: model.folder, quiet: options.quiet)
    let languageModel = try LanguageModel(contentsOf: file)
    let prompt = languageModel.tokenizer.encode(text)
    var generator = try TextGenerator(
      languageModel, prompt: prompt,
      sampler: TokenSampler(
        temperature: temperature, topK: topK, topP: topP, minP: minP,
        seed: seed.seed),
      maximumTokens: count)
    var tokens: [Int] = []
    var written = ""
    while let piece = try generator.next() {
      try Interrupt.check()
      guard case .text(let text, let token) = piece else { continue }
      tokens.append(token)
      written += text
      if !options.json {
        print(text, terminator: "")
        fflush(nil)
      }
    }
    if options.json {
      try printJSON(Result(prompt: text, promptTokens: prompt, tokens: tokens, text: written))
    } else {
      print()
    }
  }

  private struct Result: Encodable {
    let prompt: String
    let promptTokens: [Int]
    let tokens: [Int]
    let text: String
  }
}
