extension ClassifiedText {
  /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+` (GPT-2)
  func endOfGPT2Match(at start: Int, limit: Int) -> Int? {
    if let end = endOfContraction(at: start, limit: limit, anyCase: false) { return end }
    let first = scalars[start] == " " ? start + 1 : start
    if let kind = kind(at: first, limit: limit), kind != .space {
      return endOfRun(of: kind, from: first, limit: limit)
    }
    return endOfSpaces(at: start, limit: limit)
  }

  /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
  /// (Llama-3; Qwen-2 with one digit)
  func endOfLlama3Match(at start: Int, limit: Int, digits: Int) -> Int? {
    if let end = endOfContraction(at: start, limit: limit, anyCase: true) { return end }
    switch classes[start] {
    case .letter: return endOfRun(of: .letter, from: start, limit: limit)
    case .number: return endOfNumber(at: start, limit: limit, atMost: digits)
    case .space, .other: break
    }
    if kind(at: start + 1, limit: limit) == .letter, !isNewline(start) {
      return endOfRun(of: .letter, from: start + 1, limit: limit)
    }
    let first = scalars[start] == " " ? start + 1 : start
    if kind(at: first, limit: limit) == .other {
      var end = endOfRun(of: .other, from: first, limit: limit)
      while end < limit, isNewline(end) { end += 1 }
      return end
    }
    let run = start..<endOfRun(of: .space, from: start, limit: limit)
    if let newline = run.last(where: isNewline) { return newline + 1 }
    return endOfSpaces(at: start, limit: limit)
  }

  /// `<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+` (CLIP)
  func endOfCLIPMatch(at start: Int, limit: Int) -> Int? {
    for token in Self.clipTokens {
      if let end = endOfLiteral(token, at: start, limit: limit) { return end }
    }
    if let end = endOfContraction(at: start, limit: limit, anyCase: false) { return end }
    switch classes[start] {
    case .letter: return endOfRun(of: .letter, from: start, limit: limit)
    case .number: return start + 1
    case .other: return endOfRun(of: .other, from: start, limit: limit)
    case .space: return nil
    }
  }

  private static let clipTokens = ["<|startoftext|>", "<|endoftext|>"].map { Array($0.unicodeScalars) }

  /// `\s+(?!\S)|\s+`: a run of white space leaves its last character to a word that follows.
  private func endOfSpaces(at start: Int, limit: Int) -> Int? {
    let end = endOfRun(of: .space, from: start, limit: limit)
    if end == start { return nil }
    return end == limit || end == start + 1 ? end : end - 1
  }

  /// `'s|'t|'re|'ve|'m|'ll|'d`
  private func endOfContraction(at start: Int, limit: Int, anyCase: Bool) -> Int? {
    guard scalars[start] == "'", start + 1 < limit else { return nil }
    switch letter(start + 1, anyCase) {
    case "s", "t", "m", "d": return start + 2
    case "r", "v": return start + 2 < limit && letter(start + 2, anyCase) == "e" ? start + 3 : nil
    case "l": return start + 2 < limit && letter(start + 2, anyCase) == "l" ? start + 3 : nil
    default: return nil
    }
  }

  private func letter(_ index: Int, _ anyCase: Bool) -> Unicode.Scalar {
    let scalar = scalars[index]
    guard anyCase else { return scalar }
    if scalar == "ſ" { return "s" }  // the long s folds to s
    return ("A"..."Z").contains(scalar) ? Unicode.Scalar(UInt8(scalar.value) | 0x20) : scalar
  }

  private func isNewline(_ index: Int) -> Bool { scalars[index] == "\n" || scalars[index] == "\r" }
}
