import Foundation
import LanguageModels
import Tensors
import Tokenizers

/// What happens while a story is told.
public enum StoryEvent: Sendable {
  /// More text; empty in the middle of a character.
  case text(String)
  /// A picture belongs here.
  case drawing(index: Int, caption: String)
  case drawingEvent(GenerationEvent)
  /// It is drawn, or was already.
  case picture(StoryImage, wasThere: Bool)
  /// The picture's file differs from the recorded one, as on another kind of processor.
  case differs(StoryImage)
}

/// Tells stories: a language model writes, and where it asks for a picture, one is drawn with the states at that point.
/// The result is a folder of files that can be gone on with after an interruption, and made again from its manifest.
public struct Storyteller: Sendable {
  private let pipeline: TextToImagePipeline
  let encoder: SignalTokenEncoder
  private let modelHash: String
  private let languageModelHash: String
  /// What stories begin from, in the place of their prompts; its hash is part of the request.
  public var document: InterleavedPrompt?

  /// - Parameters as those of the pipeline, whose model must be one with signal tokens.
  public init(model folder: URL, languageModel: URL? = nil, quiet: Bool = false) throws {
    pipeline = try TextToImagePipeline(folder: folder, languageModel: languageModel, quiet: quiet)
    guard let encoder = try pipeline.signalTokens else { throw StoryError.needsSignals(folder.path) }
    self.encoder = encoder
    modelHash = try SHA256.hex(contentsOf: folder)
    languageModelHash = try SHA256.hex(
      contentsOf: languageModel ?? LanguageModelSource.languageModel(of: folder, quiet: quiet))
  }

  /// Checks a request without writing anything.
  public func check(_ request: StoryRequest) throws { _ = try checked(request) }

  /// What writes the request's story, if all of the request is right.
  private func checked(_ request: StoryRequest) throws -> StoryWriter {
    try pipeline.check(request.picture(0, caption: ""))
    return try writer(request)
  }

  /// Tells a story into a folder, or goes on with the one that is there.
  public func tell(_ request: StoryRequest, to url: URL, _ report: (StoryEvent) throws -> Void) throws {
    let writer = try checked(request)
    let folder = StoryFolder(url: url)
    let header = StoryManifest.Header(
      request: request, model: pipeline.name, modelHash: modelHash, languageModelHash: languageModelHash)
    let existing = try folder.existing()
    if let existing { try requireSame(existing.header, header, at: url.path) }
    try tell(writer, existing, header, folder, report)
  }

  /// Makes the files of a story again from its manifest, or goes on where that ends.
  public func retell(_ manifest: URL, to url: URL, _ report: (StoryEvent) throws -> Void) throws {
    let recorded = try StoryManifest(contentsOf: manifest)
    let writer = try checked(recorded.header.request)
    let header = StoryManifest.Header(
      request: recorded.header.request, model: pipeline.name, modelHash: modelHash,
      languageModelHash: languageModelHash, version: recorded.header.version)
    guard header == recorded.header else {
      throw StoryError.anotherModel(manifest.path, model: recorded.header.model)
    }
    let folder = StoryFolder(url: url)
    if let existing = try folder.existing() { try requireSame(existing.header, header, at: url.path) }
    try tell(writer, recorded, header, folder, report)
  }

  private func requireSame(
    _ found: StoryManifest.Header, _ wanted: StoryManifest.Header, at path: String
  ) throws {
    guard (found.modelHash, found.languageModelHash) == (wanted.modelHash, wanted.languageModelHash) else {
      throw StoryError.anotherModel(path, model: found.model)
    }
    guard found.request != wanted.request else { return }
    let differences: [(String, Bool)] = [
      ("prompt", found.request.prompt != wanted.request.prompt),
      ("document", found.request.documentHash != wanted.request.documentHash),
      ("seed", found.request.seed != wanted.request.seed),
    ]
    throw StoryError.anotherStory(path, difference: differences.first { $0.1 }?.0 ?? "setting")
  }

  private func writer(_ request: StoryRequest) throws -> StoryWriter {
    guard request.documentHash == document?.sha256 else { throw StoryError.anotherDocument }
    let generator: TextGenerator
    if let document, document.hasPictures {
      generator = try self.generator(request, document)
    } else {
      let instruction = request.instruction.replacing("{prompt}", with: document?.text ?? request.prompt)
      generator = try self.generator(request, prompt: encoder.writer.promptTokens(telling: instruction))
    }
    return StoryWriter(generator, bounds: request.pictures, cue: encoder.cue)
  }

  /// A text that begins after a document with pictures, which have rows but no tokens.
  private func generator(_ request: StoryRequest, _ document: InterleavedPrompt) throws -> TextGenerator {
    let (model, place) = (encoder.writer, "\u{FFFC}")
    let text = try model.prompt(telling: request.instruction.replacing("{prompt}", with: place))
    let halves = text.components(separatedBy: place)
    guard halves.count == 2, let last = model.tokenizer.encode(halves[1], addSpecialTokens: false).last else {
      throw StoryError.badRequest("the instruction must have {prompt} once, and text after it")
    }
    let rows = try model.embeddings(
      of: document.wrapped(before: halves[0], after: halves[1]),
      reader: ImageReader(folder: encoder.folder))
    var cache = model.decoder.makeCache()
    _ = try model.decoder.hiddenStates(embeddings: rows[0..<rows.shape[0] - 1], cache: &cache)
    return try generator(request, prompt: [last], before: [], cache: cache)
  }

  /// A text that begins after the prompt.
  /// - Parameter read: what was read before; as much of the prompt as it begins with is not read again.
  func generator(
    _ request: StoryRequest, prompt: [Int], after read: (cache: KVCache, tokens: [Int])? = nil
  ) throws -> TextGenerator {
    var (cache, unread) = (read?.cache, prompt[...])
    if let read {
      // The last token is read anew, for its state.
      let shared = min(
        zip(prompt, read.tokens).prefix { $0 == $1 }.count, read.cache.count, prompt.count - 1)
      cache?.truncate(to: shared)
      unread = prompt[shared...]
    }
    return try generator(
      request, prompt: Array(unread), before: Array(prompt[..<unread.startIndex]), cache: cache)
  }

  private func generator(
    _ request: StoryRequest, prompt: [Int], before: [Int], cache: KVCache?
  ) throws -> TextGenerator {
    guard request.tokenLimit > 0 else { throw StoryError.badRequest("a text needs at least one token") }
    return try TextGenerator(
      encoder.writer, reader: encoder.reader, prompt: prompt, before: before, cache: cache,
      sampler: TokenSampler(
        temperature: request.temperature, topK: request.topK, topP: request.topP,
        repetitionPenalty: request.repetitionPenalty, seed: request.seed),
      maximumTokens: request.tokenLimit, signals: encoder.emission(isForced: request.pictures.forces))
  }

  /// A picture from the states at the signals.
  func picture(
    _ request: GenerationRequest, _ states: Tensor, progress: (GenerationEvent) throws -> Void
  ) throws -> GeneratedPicture {
    try pipeline.picture(request, conditioning: encoder.conditioning(states: states), progress: progress)
  }

  private func tell(
    _ writer: StoryWriter, _ recorded: StoryManifest?, _ header: StoryManifest.Header, _ folder: StoryFolder,
    _ report: (StoryEvent) throws -> Void
  ) throws {
    let request = header.request
    var writer = writer
    var script = Script(recorded?.items ?? [])
    var story = StoryManifest(header)
    var text = (pending: "", tokens: [Int]())
    func endText() {
      guard !text.tokens.isEmpty else { return }
      story.append(.text(text.pending, tokens: text.tokens))
      text = ("", [])
    }
    try folder.create()
    // What is there already is worth more than what has been gone through again.
    func save() throws { if story.items.count >= recorded?.items.count ?? 0 { try folder.save(story) } }
    try save()
    while let piece = try writer.next(recorded: { script.next }) {
      switch piece {
      case .text(let new, let token):
        try script.take(.token(token), at: writer.position, of: folder)
        text.pending += new
        text.tokens.append(token)
        try report(.text(new))
      case .picture(let states, let caption, let isForced):
        let known = try script.take(.picture, at: writer.position, of: folder)
        endText()
        let index = writer.pictureCount - 1
        try report(.drawing(index: index, caption: caption))
        var image = known
        let wasThere = known.map(folder.holds) ?? false
        if !wasThere {
          let drawn = try picture(request.picture(index, caption: caption), states) {
            try report(.drawingEvent($0))
          }
          let path = folder.imagePath(index)
          try PNGFile.write(
            drawn.picture, to: folder.url.appending(path: path), parameters: drawn.parameters.text)
          image = StoryImage(
            path: path, caption: caption, seed: request.seed &+ UInt64(index), position: writer.position,
            isForced: isForced, width: drawn.picture.width, height: drawn.picture.height,
            sha256: folder.digest(path) ?? "")
        }
        guard let image else { continue }
        if let known, known != image { try report(.differs(image)) }
        story.append(.image(image))
        try save()
        try report(.picture(image, wasThere: wasThere))
      }
    }
    endText()
    story.finish(writer.end?.name ?? "")
    try folder.save(story)
  }
}

/// What was chosen when the story was first told, in order.
private struct Script {
  private var choices: [(choice: TextGenerator.Choice, image: StoryImage?)]
  private var taken = 0

  init(_ items: [InterleavedItem]) {
    choices = items.flatMap { item -> [(TextGenerator.Choice, StoryImage?)] in
      switch item {
      case .text(_, let tokens): tokens.map { (.token($0), nil) }
      case .image(let image): [(.picture, image)]
      }
    }
  }

  /// The next recorded choice; nil after the last.
  var next: TextGenerator.Choice? { taken < choices.count ? choices[taken].choice : nil }

  /// Goes past a choice that was made again; → the picture recorded with it.
  @discardableResult
  mutating func take(_ choice: TextGenerator.Choice, at position: Int, of folder: StoryFolder) throws
    -> StoryImage?
  {
    guard taken < choices.count else { return nil }
    guard choices[taken].choice == choice else {
      throw StoryError.departs(folder.manifest.path, position: position)
    }
    taken += 1
    return choices[taken - 1].image
  }
}

extension TextGenerator.End {
  /// As it stands in a manifest.
  fileprivate var name: String {
    switch self {
    case .endToken: "end token"
    case .stopString: "stop string"
    case .lengthLimit: "length limit"
    case .contextFull: "context full"
    }
  }
}

extension LanguageModel {
  /// An instruction in the model's chat template; as it stands where the model has none.
  func prompt(telling instruction: String) throws -> String {
    guard tokenizer.chatTemplate != nil else { return instruction }
    return try tokenizer.chatPrompt(messages: [ChatMessage(role: .user, content: instruction)])
  }

  func promptTokens(telling instruction: String) throws -> [Int] {
    guard tokenizer.chatTemplate != nil else { return tokenizer.encode(instruction, parseSpecial: false) }
    return tokenizer.encode(try prompt(telling: instruction), addSpecialTokens: false)
  }
}
