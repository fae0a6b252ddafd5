/// Why a language model cannot be loaded or run: one line that names the file or the limit.
public enum LanguageModelError: Error, Equatable, CustomStringConvertible {
  /// The file asks for something that would change the result and is not implemented.
  case unsupported(String, source: String)
  /// A setting is missing, of the wrong type or impossible.
  case badConfiguration(String, source: String)
  /// The model, or a part of it, is not there.
  case notFound(String)
  case promptTooLong(tokens: Int, context: Int)
  case emptyPrompt
  case unknownToken(Int, vocabularySize: Int)
  case unknownSignal(String)
  case badSignals(String)
  case notFinite(source: String)
  case wrongLayers(Int, available: Int, source: String)

  public var description: String {
    switch self {
    case .unsupported(let what, let source): "\(source): \(what) is not supported"
    case .badConfiguration(let what, let source): "\(source): \(what)"
    case .notFound(let what): what
    case .promptTooLong(let tokens, let context):
      "the text has \(tokens) tokens, but the language model's context is \(context)"
    case .emptyPrompt: "the text has no tokens, and the language model needs at least one"
    case .unknownToken(let id, let size): "token \(id) is outside the model's vocabulary of \(size)"
    case .unknownSignal(let name):
      "signal token \(name) is neither in the language model's vocabulary nor given as an embedding"
    case .badSignals(let what): what
    case .wrongLayers(let layers, let available, let source):
      "\(source): \(layers) layers of the language model cannot be read; it has \(available)"
    case .notFinite(let source):
      "the language model computed NaN or infinity; its file is damaged (\(source))"
    }
  }
}
