/// What a GGUF file's `tokenizer.ggml.pre` stands for; the names are llama.cpp's, the settings those of the models'
/// own `tokenizer.json`.
struct GGUFPreTokenizer: Sendable {
  var preTokenizer: PreTokenizer
  var normalizer: Normalizer?
  var ignoresMerges = false
  var addsBOS = false

  /// `default` is what converters write for a model they do not know: GPT-2's.
  static let known = ["gpt-2", "default", "smollm", "llama-bpe", "qwen2"]

  init(name: String) throws(TokenizerError) {
    switch name {
    case "gpt-2", "default": preTokenizer = Self.splitting(by: .gpt2)
    case "smollm": preTokenizer = Self.splitting(by: .numbers(atMost: 1), .gpt2)
    case "llama-bpe":
      preTokenizer = Self.splitting(by: .llama3(digits: 3))
      ignoresMerges = true
      addsBOS = true
    case "qwen2":
      preTokenizer = Self.splitting(by: .llama3(digits: 1))
      normalizer = .nfc
    default: throw .unknownPreTokenizer(name: name, known: Self.known)
    }
  }

  private static func splitting(by patterns: SplitPattern...) -> PreTokenizer {
    PreTokenizer(steps: patterns.map { .split($0, keeping: .everything) })
  }
}
