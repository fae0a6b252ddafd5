import ArgumentParser
import Foundation
import Generation
import LanguageModels

struct Chat: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Talk with the language model, which may answer with pictures.",
    discussion: """
      A line is a message; /new forgets what was said, /quit or the end of the input ends. Pictures are written to
      the output folder, and shown where the terminal can.
      """)

  @Option(name: .shortAndLong, help: "The folder for the pictures.")
  var output = "chat"

  @Option(name: [.customLong("tokens")], help: "Tokens of an answer at most.")
  var tokenLimit = 300

  @Option(help: "Randomness of the text; 0 takes the likeliest token each time.")
  var temperature: Float = 0.7

  @Option(help: "Draw no more pictures than this in one answer.")
  var images = 1

  @Flag(help: "Draw a picture in each answer, whether the language model asks or not.")
  var forceImages = false

  @Option(help: "How to show pictures in the terminal: auto, kitty, sixel or none.")
  var inline = TerminalPictures.auto

  @OptionGroup var drawing: StoryDrawingOptions
  @OptionGroup var model: ModelOptions
  @OptionGroup var options: RunOptions

  mutating func run() throws {
    try options.apply()
    let settings = try settings()
    let teller = try Storyteller(
      model: model.folder, languageModel: model.languageModel, quiet: options.quiet)
    var conversation = try asUsage { try Conversation(teller, settings) }
    let folder = URL(filePath: output)
    let isTerminal = isatty(STDIN_FILENO) == 1
    let terminal = inline.resolved()
    while true {
      if isTerminal { writeError("> ") }
      guard let line = readLine() else { break }
      try Interrupt.check()
      let message = line.trimmingCharacters(in: .whitespaces)
      if message.isEmpty { continue }
      if message == "/quit" { break }
      if message == "/new" {
        conversation.restart()
        continue
      }
      let report = StoryReport(options)
      do {
        try conversation.answer(message) {
          try report($0)
        } picture: { index, drawn in
          let url = try Self.write(drawn, index, to: folder)
          report.show(url.relativePath, with: terminal.escapeSequence(for: url))
        }
      } catch let error as LanguageModelError where isTerminal {
        // The conversation is as it was: there is something the user can do.
        printError("gen: \(error); /new forgets what was said")
      }
      report.endLine()
    }
  }

  private func settings() throws -> StoryRequest {
    var request = StoryRequest(prompt: "")
    request.tokenLimit = try tokenLimit.checked("--tokens", 1...100_000)
    request.pictures.most = try images.checked("--images", 0...1000)
    request.pictures.spacing = 0
    request.pictures.forces = forceImages
    request.temperature = try temperature.checkedTemperature()
    try drawing.apply(to: &request)
    return request
  }

  /// Writes to the first name that is free, so that an earlier conversation's pictures stay.
  private static func write(_ drawn: GeneratedPicture, _ index: Int, to folder: URL) throws -> URL {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw OutputError("\(folder.path): the folder cannot be made")
    }
    var number = index + 1
    while true {
      let url = folder.appending(path: String(format: "%03d.png", number))
      if !FileManager.default.fileExists(atPath: url.path) {
        try PNGFile.write(drawn.picture, to: url, parameters: drawn.parameters.text)
        return url
      }
      number += 1
    }
  }
}
