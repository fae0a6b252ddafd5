/// Why a story cannot be told or gone on with, in one line that names the file and the fix.
public enum StoryError: Error, Equatable, CustomStringConvertible {
  case needsSignals(String)
  case neverAsks(String)
  case cannotChat
  case badRequest(String)
  case unreadable(String)
  case notAManifest(String, line: Int)
  case editedManifest(String, line: Int)
  case holdsSomethingElse(String, found: String)
  case anotherStory(String, difference: String)
  case anotherModel(String, model: String)
  case anotherDocument
  case departs(String, position: Int)
  case cannotWrite(String, reason: String)

  public var description: String {
    switch self {
    case .needsSignals(let model):
      "\(model): this model's text is read by CLIP, which writes none; stories need a signal-token model"
    case .neverAsks(let reason): "\(reason); --force-images draws at the ends of paragraphs"
    case .cannotChat:
      "the language model has no chat template, so it cannot hold a conversation; use gen story"
    case .badRequest(let reason): reason
    case .unreadable(let path): "\(path): cannot be read"
    case .notAManifest(let path, let line): "\(path): line \(line) is not that of a story's manifest"
    case .editedManifest(let path, let line):
      "\(path): line \(line) was edited, so the story cannot be made again from it"
    case .holdsSomethingElse(let path, let found):
      "\(path): holds something else (\(found)); name a new folder by --output"
    case .anotherStory(let path, let difference):
      "\(path): holds a story with another \(difference); name a new folder by --output, or ask for the same to go on"
    case .anotherModel(let path, let model):
      "\(path): was told by the model \(model) with other files than those at hand"
    case .anotherDocument:
      "the story begins from a document, or from another one: give the same by --document"
    case .departs(let path, let position):
      "\(path): the text departs from the recorded one at token \(position)"
    case .cannotWrite(let path, let reason): "\(path): \(reason)"
    }
  }
}
