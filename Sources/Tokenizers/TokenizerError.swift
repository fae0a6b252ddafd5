/// Why a tokenizer could not be built or used. `description` is one line that names the thing at fault.
public enum TokenizerError: Error, Equatable, Sendable, CustomStringConvertible {
  case unreadableFile(path: String)
  case malformedJSON(file: String, offset: Int, reason: String)
  case malformedProtobuf(file: String, offset: Int, reason: String)
  /// A key is missing or holds a value of another type.
  case wrongValue(key: String, expected: String)
  /// A setting that would change the ids and that is not implemented.
  case unsupported(key: String, value: String)
  case unknownPreTokenizer(name: String, known: [String])
  case invalidID(token: String, id: Int)
  case duplicateID(id: Int, first: String, second: String)
  case duplicateToken(token: String)
  case malformedMerge(merge: String)
  case unknownTokenInMerge(merge: String, token: String)
  case unknownToken(token: String, usedBy: String)
  case noChatTemplate
  case unknownChatTemplate(start: String)
  case invalidConversation(reason: String)

  public var description: String {
    switch self {
    case .unreadableFile(let path): "cannot read the tokenizer file \(quote(path))"
    case .malformedJSON(let file, let offset, let reason): "\(quote(file)), byte \(offset): \(reason)"
    case .malformedProtobuf(let file, let offset, let reason): "\(quote(file)), byte \(offset): \(reason)"
    case .wrongValue(let key, let expected): "tokenizer: \(quote(key)) should be \(expected)"
    case .unsupported(let key, let value):
      "tokenizer: \(quote(key)) is \(quote(value)), which is not supported"
    case .unknownPreTokenizer(let name, let known):
      "tokenizer: unknown pre-tokenizer \(quote(name)); known are \(known.joined(separator: ", "))"
    case .invalidID(let token, let id): "tokenizer: token \(quote(token)) has the impossible id \(id)"
    case .duplicateID(let id, let first, let second):
      "tokenizer: id \(id) belongs to both \(quote(first)) and \(quote(second))"
    case .duplicateToken(let token): "tokenizer: token \(quote(token)) is there twice"
    case .malformedMerge(let merge): "tokenizer: merge \(quote(merge)) is not a pair of tokens"
    case .unknownTokenInMerge(let merge, let token):
      "tokenizer: merge \(quote(merge)) needs the token \(quote(token)), which the vocabulary lacks"
    case .unknownToken(let token, let user):
      "tokenizer: \(quote(user)) names the token \(quote(token)), which the vocabulary lacks"
    case .noChatTemplate: "tokenizer: this model has no chat template"
    case .unknownChatTemplate(let start):
      "tokenizer: unknown chat template \(quote(start)); known are ChatML, Llama-2 and Llama-3 styles"
    case .invalidConversation(let reason): "chat: \(reason)"
    }
  }

  /// Escaped and cut, so that a hostile file cannot spread an error over many lines.
  private func quote(_ text: String) -> String {
    let short =
      text.unicodeScalars.count > 60
      ? String(String.UnicodeScalarView(text.unicodeScalars.prefix(60))) + "…" : text
    return short.debugDescription
  }
}
