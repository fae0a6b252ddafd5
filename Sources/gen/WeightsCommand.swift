import ArgumentParser
import Foundation
import Generation

struct WeightsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "weights", abstract: "Look after the models' files.", subcommands: [Fetch.self])

  struct Fetch: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Fetch a model's language model ahead of its first use.")

    @OptionGroup var model: ModelOptions
    @Flag(name: .long, help: "Say nothing but errors.")
    var quiet = false

    func run() throws {
      Interrupt.install()
      let file = try LanguageModelSource.languageModel(of: model.folder, quiet: quiet)
      if !quiet { print(file.path) }
    }
  }
}
