import ArgumentParser
import Foundation
import Generation

struct Story: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a story with pictures where the language model wants them.",
    discussion: """
      gen story "a fox who learns to paint" -o fox/

      Writes story.md, story.html, images/ and manifest.jsonl. The same command goes on where it was stopped.
      """)

  @Argument(help: "What the story is about.")
  var prompt: String?

  @Option(help: "Make the files of a story again from its manifest.jsonl.")
  var from: String?

  @Option(name: .shortAndLong, help: "The folder to write to.")
  var output = "story"

  @Option(help: "What the language model is told, with {prompt} in it.")
  var instruction: String?

  @Option(name: [.customLong("tokens")], help: "Tokens to write at most.")
  var tokenLimit: Int?

  @Option(help: "Randomness of the text; 0 takes the likeliest token each time.")
  var temperature: Float?

  @Option(help: "Draw no more pictures than this.")
  var images: Int?

  @Option(help: "Tokens of text there must be before each picture.")
  var imageEvery: Int?

  @Flag(help: "Draw at the ends of paragraphs where the language model does not ask.")
  var forceImages = false

  @OptionGroup var document: DocumentOptions
  @OptionGroup var drawing: StoryDrawingOptions
  @OptionGroup var model: ModelOptions
  @OptionGroup var options: RunOptions

  mutating func run() throws {
    try options.apply()
    let document = try document.prompt
    let subject = prompt ?? (from == nil ? document?.firstLine : nil)
    guard (subject == nil) != (from == nil) else {
      throw UsageError(
        "say what the story is about, give a document by --document, or name a manifest by --from "
          + "(see gen story --help)")
    }
    var request = try subject.map(request)
    request?.documentHash = document?.sha256
    let report = StoryReport(options)
    var teller = try Storyteller(
      model: model.folder, languageModel: model.languageModel, quiet: options.quiet)
    teller.document = document
    let folder = URL(filePath: output)
    if let request {
      try asUsage { try teller.tell(request, to: folder) { try report($0) } }
    } else if let from {
      try teller.retell(URL(filePath: from), to: folder) { try report($0) }
    }
    report.finish(folder)
  }

  private func request(_ prompt: String) throws -> StoryRequest {
    var request = StoryRequest(prompt: prompt)
    request.instruction = instruction ?? request.instruction
    request.tokenLimit = try tokenLimit.map { try $0.checked("--tokens", 1...100_000) } ?? request.tokenLimit
    request.pictures.most = try images.map { try $0.checked("--images", 0...1000) } ?? request.pictures.most
    request.pictures.spacing =
      try imageEvery.map { try $0.checked("--image-every", 0...100_000) } ?? request.pictures.spacing
    request.pictures.forces = forceImages
    if let temperature { request.temperature = try temperature.checkedTemperature() }
    try drawing.apply(to: &request)
    return request
  }
}

/// Text as it comes, and what happens with the pictures.
final class StoryReport {
  private let options: RunOptions
  private var progress = ProgressReport(label: "")
  private var images: [StoryImage] = []
  private var isLineOpen = false

  init(_ options: RunOptions) { self.options = options }

  func callAsFunction(_ event: StoryEvent) throws {
    try Interrupt.check()
    switch event {
    case .text(let text):
      show(text)
    case .drawing(let index, _):
      endLine()
      progress = ProgressReport(label: "picture \(index + 1): ")
    case .drawingEvent(.step(let completed, let total)):
      if !options.quiet { progress.update(completed: completed, total: total) }
    case .drawingEvent: break
    case .picture(let image, _):
      images.append(image)
      show("![\(image.caption)](\(image.path))\n")
    case .differs(let image):
      printError("gen: \(image.path) differs from the recorded picture, as on another kind of processor")
    }
  }

  /// Says where everything is.
  func finish(_ folder: URL) {
    endLine()
    if options.json {
      try? printJSON(Result(folder: folder.path, images: images))
    } else if !options.quiet {
      printError("\(folder.appending(path: "story.html").relativePath): \(images.count) pictures")
    }
  }

  /// A picture's name, and the picture itself where there is a way to show it.
  func show(_ path: String, with sequence: String?) {
    endLine()
    show((sequence ?? "") + path + "\n")
  }

  func endLine() {
    if isLineOpen { show("\n") }
  }

  private func show(_ text: String) {
    guard !options.quiet, !options.json, !text.isEmpty else { return }
    isLineOpen = !text.hasSuffix("\n")
    print(text, terminator: "")
    fflush(nil)
  }

  private struct Result: Encodable {
    let folder: String
    let images: [StoryImage]
  }
}

extension InterleavedPrompt {
  /// The first line with words in it, without Markdown's marks: what a document is called.
  fileprivate var firstLine: String {
    let line = text.split(whereSeparator: \.isNewline).first { $0.contains(where: \.isLetter) } ?? ""
    return String(line.trimmingCharacters(in: CharacterSet(charactersIn: "# ")).prefix(200))
  }
}
