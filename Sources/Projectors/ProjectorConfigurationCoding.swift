import Foundation
import Layers

extension ProjectorConfiguration: Codable {
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case kind = "_class_name"
    case llmHiddenSize = "llm_hidden_size"
    case hiddenSize = "hidden_size"
    case encoderLayers = "encoder_layers"
    case decoderLayers = "decoder_layers"
    case heads
    case feedForwardSize = "ffn_size"
    case queryCount = "query_count"
    case outputSize = "output_size"
    case signalTokens = "signal_tokens"
    case stateOffset = "state_offset"
    case addsInputEmbeddings = "adds_input_embeddings"
    case nullCondition = "null_condition"
    case promptTemplate = "prompt_template"
    case llmLayers = "llm_layers"
  }

  /// Reads `config.json`.
  public init(contentsOf file: URL) throws(ConfigurationError) {
    self = try readConfiguration(Self.self, at: file)
  }

  public init(from decoder: any Decoder) throws {
    try decoder.refuseKeys(otherThan: Set(CodingKeys.allCases.map(\.rawValue)))
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func choice<T: RawRepresentable<String> & CaseIterable>(_ key: CodingKeys) throws -> T {
      let name = try values.decode(String.self, forKey: key)
      guard let choice = T(rawValue: name) else {
        let choices = T.allCases.map(\.rawValue).joined(separator: ", ")
        throw ConfigurationError("\(key.rawValue) must be one of \(choices), but is “\(name.prefix(100))”")
      }
      return choice
    }
    let kind: ProjectorKind = try choice(.kind)
    func transformerSize(_ key: CodingKeys) throws -> Int {
      kind.hasTransformer
        ? try values.integer(forKey: key) : try values.integerIfPresent(forKey: key) ?? 0
    }
    try self.init(
      kind: kind,
      llmHiddenSize: values.integer(forKey: .llmHiddenSize),
      hiddenSize: transformerSize(.hiddenSize),
      encoderLayers: transformerSize(.encoderLayers),
      decoderLayers: transformerSize(.decoderLayers),
      heads: transformerSize(.heads),
      feedForwardSize: transformerSize(.feedForwardSize),
      queryCount: values.integer(forKey: .queryCount),
      outputSize: values.integer(forKey: .outputSize),
      signalTokens: values.decode([String].self, forKey: .signalTokens),
      stateOffset: values.integerIfPresent(forKey: .stateOffset) ?? 0,
      addsInputEmbeddings: values.decodeIfPresent(Bool.self, forKey: .addsInputEmbeddings) ?? false,
      nullCondition: choice(.nullCondition),
      promptTemplate: values.decode(String.self, forKey: .promptTemplate),
      llmLayers: values.integerIfPresent(forKey: .llmLayers))
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(kind.rawValue, forKey: .kind)
    try values.encode(llmHiddenSize, forKey: .llmHiddenSize)
    try values.encode(hiddenSize, forKey: .hiddenSize)
    try values.encode(encoderLayers, forKey: .encoderLayers)
    try values.encode(decoderLayers, forKey: .decoderLayers)
    try values.encode(heads, forKey: .heads)
    try values.encode(feedForwardSize, forKey: .feedForwardSize)
    try values.encode(queryCount, forKey: .queryCount)
    try values.encode(outputSize, forKey: .outputSize)
    try values.encode(signalTokens, forKey: .signalTokens)
    try values.encode(stateOffset, forKey: .stateOffset)
    try values.encode(addsInputEmbeddings, forKey: .addsInputEmbeddings)
    try values.encode(nullCondition.rawValue, forKey: .nullCondition)
    try values.encode(promptTemplate, forKey: .promptTemplate)
    try values.encodeIfPresent(llmLayers, forKey: .llmLayers)
  }
}
