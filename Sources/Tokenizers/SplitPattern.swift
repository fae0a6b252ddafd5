/// The regular expressions that published pre-tokenizers split by, as hand-written scanners: as exact as the
/// expressions, and free of a regular-expression engine's speed and Unicode version.
enum SplitPattern: Sendable, Equatable {
  case gpt2
  /// Llama-3 takes up to 3 digits at a time, Qwen-2 one.
  case llama3(digits: Int)
  case clip
  /// `\p{N}{1,n}`
  case numbers(atMost: Int)
  case literal([Unicode.Scalar])

  /// The scanner for a regular expression of `tokenizer.json`; nil if there is none.
  init?(regex: String) {
    guard let pattern = Self.known[regex] else { return nil }
    self = pattern
  }

  private static let known: [String: SplitPattern] = {
    let spaces = #"|\s+(?!\S)|\s+"#
    let words = #"| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+"#
    func llama3(_ digits: String) -> String {
      #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"# + digits
        + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"# + spaces
    }
    return [
      "'s|'t|'re|'ve|'m|'ll|'d" + words + spaces: .gpt2,
      "'(?:[sdmt]|ll|ve|re)" + words + spaces: .gpt2,
      llama3(#"\p{N}{1,3}"#): .llama3(digits: 3),
      llama3(#"\p{N}"#): .llama3(digits: 1),
      #"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"#: .clip,
      #"\p{N}"#: .numbers(atMost: 1),
      #"\p{N}{1,3}"#: .numbers(atMost: 3),
      #"\p{N}+"#: .numbers(atMost: .max),
    ]
  }()

  /// The end of the match that starts exactly at `start`; nil if none does. Nothing beyond `limit` is seen.
  func endOfMatch(in text: ClassifiedText, at start: Int, limit: Int) -> Int? {
    switch self {
    case .gpt2: text.endOfGPT2Match(at: start, limit: limit)
    case .llama3(let digits): text.endOfLlama3Match(at: start, limit: limit, digits: digits)
    case .clip: text.endOfCLIPMatch(at: start, limit: limit)
    case .numbers(let most): text.endOfNumber(at: start, limit: limit, atMost: most)
    case .literal(let literal): text.endOfLiteral(literal, at: start, limit: limit)
    }
  }
}

extension ClassifiedText {
  func endOfNumber(at start: Int, limit: Int, atMost most: Int) -> Int? {
    let end = endOfRun(of: .number, from: start, limit: most < limit - start ? start + most : limit)
    return end > start ? end : nil
  }

  func endOfLiteral(_ literal: [Unicode.Scalar], at start: Int, limit: Int) -> Int? {
    guard !literal.isEmpty, limit - start >= literal.count else { return nil }
    for (index, scalar) in literal.enumerated() where scalars[start + index] != scalar { return nil }
    return start + literal.count
  }
}
