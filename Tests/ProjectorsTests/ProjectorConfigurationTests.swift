import Foundation
import Layers
import Projectors
import TestSupport
import Testing

@Suite struct ProjectorConfigurationTests {
  private static func json(_ name: String) throws -> [String: Any] {
    try #require(
      JSONSerialization.jsonObject(with: Fixture.data("projectors/\(name)/config.json")) as? [String: Any])
  }

  /// The fixture's configuration with some keys set, or removed where the value is nil.
  private static func decode(_ name: String, _ changes: [String: Any?]) throws -> ProjectorConfiguration {
    var object = try json(name)
    for (key, value) in changes { object[key] = value }
    let file = FileManager.default.temporaryDirectory.appending(path: "voken-\(UUID().uuidString).json")
    try JSONSerialization.data(withJSONObject: object).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    do {
      return try ProjectorConfiguration(contentsOf: file)
    } catch {
      #expect(error.file == file.path)
      throw error
    }
  }

  @Test(arguments: ProjectorParityTests.names)
  func survivesEncoding(name: String) throws {
    let configuration = try Self.decode(name, [:])
    let copy = try JSONDecoder().decode(
      ProjectorConfiguration.self, from: JSONEncoder().encode(configuration))
    #expect(copy == configuration)
  }

  @Test func readsEveryField() throws {
    let configuration = try Self.decode("minigpt5", [:])
    #expect(configuration.kind == .miniGPT5)
    #expect(configuration.llmHiddenSize == 40 && configuration.hiddenSize == 32)
    #expect(configuration.encoderLayers == 2 && configuration.decoderLayers == 3)
    #expect(configuration.heads == 8 && configuration.feedForwardSize == 64)
    #expect(configuration.queryCount == 13 && configuration.outputSize == 32)
    #expect(configuration.signalTokens.last == "[IMG7]" && configuration.stateOffset == -1)
    #expect(configuration.nullCondition == .zeros && !configuration.addsInputEmbeddings)
    #expect(configuration.promptTemplate.hasSuffix("\n{signals}"))
  }

  @Test func linearNeedsNoTransformerSizes() throws {
    let gone = ["hidden_size", "encoder_layers", "decoder_layers", "heads", "ffn_size"]
    let configuration = try Self.decode(
      "linear", Dictionary(uniqueKeysWithValues: gone.map { ($0, Any?.none) }))
    #expect(configuration.hiddenSize == 0)
  }

  @Test func llmLayersSurvive() throws {
    #expect(try Self.decode("gill", [:]).llmLayers == nil)
    let configuration = try Self.decode("gill", ["llm_layers": 20])
    #expect(configuration.llmLayers == 20)
    let copy = try JSONDecoder().decode(
      ProjectorConfiguration.self, from: JSONEncoder().encode(configuration))
    #expect(copy == configuration)
  }

  @Test func ignoresMetadataAndNulls() throws {
    _ = try Self.decode("gill", ["_diffusers_version": "0.35", "later": NSNull()])
  }

  static let faults: [(String, any Sendable)] = [
    ("_class_name", "QFormer"), ("_class_name", 3), ("llm_hidden_size", 0), ("llm_hidden_size", -4),
    ("llm_hidden_size", 1 << 40), ("llm_hidden_size", 1.5), ("hidden_size", 0), ("hidden_size", "32"),
    ("encoder_layers", 0), ("encoder_layers", 1_000_000_000), ("decoder_layers", -1), ("heads", 0),
    ("heads", 5), ("heads", -4), ("ffn_size", 0), ("query_count", 0), ("query_count", Int.max),
    ("output_size", 0), ("signal_tokens", [String]()), ("signal_tokens", ["a", "a"]), ("signal_tokens", [""]),
    ("signal_tokens", [1, 2]), ("signal_tokens", "[IMG0]"), ("state_offset", 1), ("state_offset", -2),
    ("adds_input_embeddings", "yes"), ("null_condition", "empty"), ("prompt_template", "{signals}"),
    ("prompt_template", "{prompt}"), ("prompt_template", "{signals}{prompt}"),
    ("prompt_template", "{prompt}{signals}{signals}"), ("prompt_template", "{prompt}{signals} then"),
    ("norm_first", false), ("layers", 4), ("llm_layers", 0), ("llm_layers", "2"),
  ]

  @Test(arguments: faults.indices)
  func faultsNameTheirKey(index: Int) throws {
    let (key, value) = Self.faults[index]
    #expect {
      try Self.decode("gill", [key: value])
    } throws: { error in
      (error as? ConfigurationError)?.fault.contains(key) ?? false
    }
  }

  @Test(arguments: [
    "_class_name", "llm_hidden_size", "heads", "query_count", "signal_tokens", "prompt_template",
  ])
  func missingKeysAreNamed(key: String) throws {
    #expect {
      try Self.decode("gill", [key: nil])
    } throws: {
      ($0 as? ConfigurationError)?.fault == "\(key) is missing"
    }
  }

  @Test func designsSetLimits() throws {
    #expect(throws: ConfigurationError.self) { try Self.decode("metaquery", ["query_count": 15]) }
    #expect(throws: ConfigurationError.self) { try Self.decode("metaquery", ["decoder_layers": 2]) }
    #expect(throws: ConfigurationError.self) { try Self.decode("minigpt5", ["output_size": 40]) }
    #expect(throws: ConfigurationError.self) { try Self.decode("linear", ["query_count": 9]) }
  }

  @Test(arguments: ["", "[]", "{", "null", "{\"_class_name\": ", "\u{FEFF}x"])
  func whatIsNoConfigurationIsAnError(text: String) throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "voken-\(UUID().uuidString).json")
    try text.write(to: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: file) }
    #expect(throws: ConfigurationError("is not a JSON object", file: file.path)) {
      try ProjectorConfiguration(contentsOf: file)
    }
    #expect(throws: ConfigurationError.self) {
      try ProjectorConfiguration(contentsOf: URL(filePath: "/nonexistent/config.json"))
    }
  }
}
