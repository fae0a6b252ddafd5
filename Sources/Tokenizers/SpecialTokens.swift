/// What `tokenizer_config.json` or GGUF metadata say besides the vocabulary.
struct SpecialTokens: Sendable, Equatable {
  var bosID: Int?
  var eosID: Int?
  var padID: Int?
  /// Whether a text starts or ends with them; nil leaves it to the post-processor.
  var addsBOS: Bool?
  var addsEOS: Bool?
  var chatTemplate: String?

  /// The post-processor with these settings, which take its place where they are given.
  func postProcessor(replacing original: PostProcessor) -> PostProcessor {
    guard addsBOS != nil || addsEOS != nil else { return original }
    return PostProcessor(
      prefix: addsBOS == true ? [bosID].compactMap(\.self) : [],
      suffix: addsEOS == true ? [eosID].compactMap(\.self) : [])
  }
}
