import Checkpoints
import Foundation
import LanguageModels
import TestSupport
import Testing

@Suite struct HuggingFaceConfigurationTests {
  /// Opens a tiny model with some of its settings replaced; → the message of what went wrong.
  func failure(_ changes: [String: Any], of name: String = "llama-tied") throws -> String {
    let folder = try LanguageFixture.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let source = Fixture.url("language/\(name)")
    for file in ["model.safetensors", "tokenizer.json"] {
      try FileManager.default.copyItem(at: source.appending(path: file), to: folder.appending(path: file))
    }
    let original = try JSONSerialization.jsonObject(with: Fixture.data("language/\(name)/config.json"))
    var settings = try #require(original as? [String: Any])
    for (key, value) in changes { settings[key] = value }
    try JSONSerialization.data(withJSONObject: settings).write(to: folder.appending(path: "config.json"))
    do {
      _ = try LanguageModel(contentsOf: folder)
      return ""
    } catch {
      return "\(error)"
    }
  }

  @Test func namesWhatIsNotSupported() throws {
    #expect(try failure([:]).isEmpty)
    for (changes, name) in [
      (["model_type": "mamba"], "mamba"), (["hidden_act": "gelu"], "hidden_act gelu"),
      (["quantization_config": ["bits": 4]], "quantization_config"),
      (["rope_parameters": ["rope_type": "yarn", "factor": 2]], "rope_type yarn"),
      (
        ["rope_parameters": NSNull(), "rope_scaling": ["type": "dynamic", "factor": 2]], "rope_type dynamic"
      ),
      (["rope_parameters": ["full_attention": ["rope_theta": 5]]], "full_attention"),
      (["partial_rotary_factor": 0.5], "partial_rotary_factor"),
    ] as [([String: Any], String)] {
      let message = try failure(changes)
      #expect(
        message.contains(name) && message.contains("config.json") && !message.contains("\n"), "\(message)")
    }
  }

  @Test func namesWhatIsImpossible() throws {
    for changes: [String: Any] in [
      ["hidden_size": 0], ["hidden_size": -32], ["hidden_size": "32"], ["hidden_size": 1.5],
      ["hidden_size": NSNull()], ["hidden_size": Int.max], ["num_hidden_layers": Int.max],
      ["num_hidden_layers": 1 << 30], ["num_attention_heads": 0], ["num_attention_heads": true],
      ["num_key_value_heads": 0], ["num_key_value_heads": 3], ["head_dim": 7], ["head_dim": -8],
      ["intermediate_size": Int.min], ["vocab_size": 0], ["max_position_embeddings": -1],
      ["rms_norm_eps": -1], ["rms_norm_eps": "x"], ["attention_bias": 3], ["tie_word_embeddings": "yes"],
      ["rope_parameters": ["rope_type": "default", "rope_theta": -1]], ["rope_parameters": [1]],
      ["rope_parameters": ["rope_type": "linear"]],
      ["rope_parameters": ["rope_type": "linear", "factor": 0]],
      ["eos_token_id": "end"], ["hidden_act": 1],
    ] {
      let message = try failure(changes)
      #expect(!message.isEmpty && !message.contains("\n"), "\(changes): \(message)")
    }
  }

  @Test func settingsMustFitTheTensors() throws {
    for changes: [String: Any] in [
      ["num_hidden_layers": 3], ["num_hidden_layers": 1], ["vocab_size": 321], ["vocab_size": 319],
      ["tie_word_embeddings": false], ["attention_bias": true], ["model_type": "qwen2"], ["hidden_size": 64],
    ] {
      #expect(try !failure(changes).isEmpty, "\(changes)")
    }
    #expect(try failure(["model_type": "llama"], of: "qwen2").contains("bias"))
    #expect(try failure(["tie_word_embeddings": true], of: "llama-untied").isEmpty)
  }

  @Test func saysWhatAFolderLacks() throws {
    let folder = try LanguageFixture.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    func message(_ url: URL) -> String {
      do {
        _ = try LanguageModel(contentsOf: url)
        return ""
      } catch {
        return "\(error)"
      }
    }
    #expect(message(folder.appending(path: "none")).contains("no language model"))
    #expect(message(folder).contains("neither a config.json nor a .gguf"))
    let file = Fixture.url("language/qwen2.gguf")
    try FileManager.default.copyItem(at: file, to: folder.appending(path: "a.gguf"))
    #expect(message(folder).isEmpty)
    try FileManager.default.copyItem(at: file, to: folder.appending(path: "b.gguf"))
    #expect(message(folder).contains("a.gguf, b.gguf"))
    for (text, name) in [("{", "not a JSON object"), ("[]", "not a JSON object"), ("{}", "hidden_size")] {
      try Data(text.utf8).write(to: folder.appending(path: "config.json"))
      #expect(message(folder).contains(name))
    }
  }
}
