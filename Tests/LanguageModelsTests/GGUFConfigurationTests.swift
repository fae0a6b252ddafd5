import Foundation
import LanguageModels
import TestSupport
import Testing

@Suite struct GGUFConfigurationTests {
  /// Opens a tiny GGUF file after overwriting the 4 bytes of a number in its metadata; → the message of what went wrong.
  func failure(_ key: String, _ value: UInt32, of name: String = "llama-tied") throws -> String {
    var data = try Fixture.data("language/\(name).gguf")
    let place = try #require(data.range(of: Data(key.utf8)), "\(key)")
    // The key is followed by the number's type and the number.
    let number = place.upperBound + 4..<place.upperBound + 8
    data.replaceSubrange(number, with: withUnsafeBytes(of: value.littleEndian) { Data($0) })
    return try message(data)
  }

  func message(_ data: Data) throws -> String {
    let folder = try LanguageFixture.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "model.gguf")
    try data.write(to: file)
    do {
      _ = try LanguageModel(contentsOf: file)
      return ""
    } catch {
      return "\(error)"
    }
  }

  @Test func refusesImpossibleSizes() throws {
    for key in [
      "llama.block_count", "llama.embedding_length", "llama.feed_forward_length",
      "llama.attention.head_count",
      "llama.attention.head_count_kv", "llama.context_length", "llama.attention.key_length",
    ] {
      for value: UInt32 in [0, .max] {
        let message = try failure(key, value)
        #expect(message.contains("model.gguf") && !message.contains("\n"), "\(key) \(value): \(message)")
      }
    }
    for (key, value) in [("block_count", 1), ("block_count", 3), ("attention.head_count_kv", 3)]
      as [(String, UInt32)]
    {
      #expect(try !failure("llama.\(key)", value).isEmpty, "\(key) \(value)")
    }
    for value in [Float.nan, -1, 0, .infinity] {
      #expect(try !failure("llama.attention.layer_norm_rms_epsilon", value.bitPattern).isEmpty)
      #expect(try !failure("llama.rope.freq_base", value.bitPattern).isEmpty)
    }
    #expect(try failure("llama.rope.dimension_count", 4).contains("rope.dimension_count"))
    #expect(try failure("llama.attention.value_length", 4).contains("value_length"))
  }

  @Test func refusesOtherArchitectures() throws {
    var data = try Fixture.data("language/qwen2.gguf")
    let place = try #require(data.range(of: Data("general.architecture".utf8)))
    // Type and length, then the name.
    let name = place.upperBound + 12..<place.upperBound + 17
    #expect(data[name] == Data("qwen2".utf8))
    data.replaceSubrange(name, with: Data("gemma".utf8))
    #expect(try message(data).contains("gemma"))
  }

  @Test func anyTruncationIsAnError() throws {
    let data = try Fixture.data("language/llama3-q8.gguf")
    for count in stride(from: 0, to: data.count, by: 997) {
      #expect(try !message(data.prefix(count)).isEmpty, "\(count) bytes")
    }
  }
}
