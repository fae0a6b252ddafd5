import Layers

extension ProjectorConfiguration {
  private static let sizes = 1...1 << 20
  private static let layers = 1...256

  /// Refuses values that no projector can have, naming the key.
  func validate() throws(ConfigurationError) {
    try require(Self.sizes.contains(llmHiddenSize), "llm_hidden_size", llmHiddenSize, Self.range(Self.sizes))
    try require(Self.sizes.contains(outputSize), "output_size", outputSize, Self.range(Self.sizes))
    try require((-1...0).contains(stateOffset), "state_offset", stateOffset, "0 or −1")
    try require(llmLayers.map { $0 > 0 } ?? true, "llm_layers", llmLayers ?? 0, "at least 1")
    try validateTokens()
    if kind.hasTransformer { try validateTransformer() }
    try validateLength()
    try validateTemplate()
  }

  private func validateTokens() throws(ConfigurationError) {
    let count = signalTokens.count
    try require((1...4096).contains(count), "signal_tokens", "\(count) names", "a list of 1 to 4096 names")
    try require(!signalTokens.contains(""), "signal_tokens", "an empty name", "names of tokens")
    try require(Set(signalTokens).count == count, "signal_tokens", "a name twice", "names that differ")
  }

  private func validateTransformer() throws(ConfigurationError) {
    try require(Self.sizes.contains(hiddenSize), "hidden_size", hiddenSize, Self.range(Self.sizes))
    try require(Self.sizes.contains(feedForwardSize), "ffn_size", feedForwardSize, Self.range(Self.sizes))
    try require(
      heads > 0 && hiddenSize % heads == 0, "heads", heads, "a divisor of hidden_size \(hiddenSize)")
    try require(
      Self.layers.contains(encoderLayers), "encoder_layers", encoderLayers, Self.range(Self.layers))
    if kind.hasDecoder {
      try require(
        Self.layers.contains(decoderLayers), "decoder_layers", decoderLayers, Self.range(Self.layers))
    } else {
      try require(decoderLayers == 0, "decoder_layers", decoderLayers, "0 for \(kind.rawValue)")
    }
    if kind == .miniGPT5 {
      try require(
        outputSize == hiddenSize, "output_size", outputSize,
        "hidden_size \(hiddenSize), as \(kind.rawValue) has no output layer")
    }
  }

  private func validateLength() throws(ConfigurationError) {
    switch kind {
    case .linear:
      try require(
        (1...signalTokens.count).contains(queryCount), "query_count", queryCount,
        "from 1 to the \(signalTokens.count) signal tokens")
    case .metaQuery:
      try require(
        queryCount == signalTokens.count, "query_count", queryCount,
        "the number of signal tokens, \(signalTokens.count)")
    case .gill, .nextGPT, .miniGPT5:
      try require((1...65536).contains(queryCount), "query_count", queryCount, Self.range(1...65536))
    }
  }

  private func validateTemplate() throws(ConfigurationError) {
    let prompts = promptTemplate.split(separator: "{prompt}", omittingEmptySubsequences: false).count - 1
    let signals = promptTemplate.split(separator: "{signals}", omittingEmptySubsequences: false).count - 1
    guard prompts == 1, signals == 1, promptTemplate.hasSuffix("{signals}") else {
      throw ConfigurationError(
        "prompt_template must hold {prompt} once and end with its only {signals}, but is "
          + "“\(promptTemplate.prefix(200).replacing("\n", with: "\\n"))”")
    }
  }

  private static func range(_ values: ClosedRange<Int>) -> String {
    "from \(values.lowerBound) to \(values.upperBound)"
  }

  private func require(_ holds: Bool, _ key: String, _ value: Any, _ expected: String)
    throws(ConfigurationError)
  {
    if !holds { throw ConfigurationError("\(key) must be \(expected), but is \(value)") }
  }
}
