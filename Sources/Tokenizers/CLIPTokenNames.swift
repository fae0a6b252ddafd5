/// What `tokenizer_config.json` and `special_tokens_map.json` say of a CLIP tokenizer.
struct CLIPTokenNames: Sendable, Equatable {
  struct Name: Sendable, Equatable {
    var content: String
    var isNormalized = false
  }

  var bos = Name(content: "<|startoftext|>")
  var eos = Name(content: "<|endoftext|>")
  var unknown = Name(content: "<|endoftext|>")
  var pad = Name(content: "<|endoftext|>")
  var maximumLength = 77
  /// `added_tokens_decoder`: tokens of the vocabulary that are found in the text itself.
  var addedTokens: [AddedToken] = []

  init() {}

  /// - Parameters:
  ///   - config: `tokenizer_config.json`
  ///   - map: `special_tokens_map.json`; its names go before the config's unless that lists the added tokens.
  init(config: JSONNode, map: JSONNode) throws(TokenizerError) {
    let decoder = config["added_tokens_decoder"]
    let (first, second) = decoder.isNull ? (map, config) : (config, map)
    func name(_ key: String) throws(TokenizerError) -> Name? {
      if let name = try Self.name(first[key]) { return name }
      return try Self.name(second[key])
    }
    bos = try name("bos_token") ?? bos
    eos = try name("eos_token") ?? eos
    unknown = try name("unk_token") ?? unknown
    pad = try name("pad_token") ?? pad
    // Files without a limit hold a huge number.
    if case .integer(let length) = config["model_max_length"].value, (2...65536).contains(length) {
      maximumLength = length
    }
    if decoder.isNull { return }
    for (key, _) in try decoder.members() {
      guard let id = Int(key) else { throw decoder.wrong("an object of ids and tokens") }
      addedTokens.append(
        AddedToken(
          id: id, content: try decoder[key]["content"].string(),
          isSpecial: try decoder[key]["special"].bool(default: false),
          stripsLeft: try decoder[key]["lstrip"].bool(default: false),
          stripsRight: try decoder[key]["rstrip"].bool(default: false),
          isSingleWord: try decoder[key]["single_word"].bool(default: false),
          isNormalized: try decoder[key]["normalized"].bool(default: false)))
    }
  }

  /// A token is written as a string or as an object with its `content`.
  private static func name(_ node: JSONNode) throws(TokenizerError) -> Name? {
    if case .object = node.value {
      return Name(
        content: try node["content"].string(), isNormalized: try node["normalized"].bool(default: true))
    }
    return try node.optionalString().map { Name(content: $0) }
  }
}
