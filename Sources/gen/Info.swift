import ArgumentParser
import Foundation
import Generation

struct Info: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Print how a picture was made.")

  @Argument(help: "A PNG file.")
  var file: String

  @Flag(name: .long, help: "Print one line of JSON on standard output.")
  var json = false

  func run() throws {
    let (width, height, text) = try PNGFile.text(of: URL(filePath: file))
    guard let parameters = text["parameters"] else {
      throw OutputError("\(file): a PNG of \(width)x\(height) pixels that does not say how it was made")
    }
    guard json else {
      print(parameters)
      return
    }
    let parsed = GenerationParameters(text: parameters)
    var fields = Dictionary(parsed.settings.map { ($0.key, $0.value) }) { first, _ in first }
    fields["Prompt"] = parsed.prompt
    fields["Negative prompt"] = parsed.negativePrompt
    try printJSON(fields)
  }
}
