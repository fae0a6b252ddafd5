import Foundation
import Tensors

/// A copy of a model folder of Tests/Fixtures/pipeline, for the duration of a test: complete, and free to be damaged.
public struct ModelFolder {
  public let url: URL

  /// - Parameter name: parts that the fixture lacks are those of `signal`.
  public static func with<R>(_ name: String, _ body: (ModelFolder) throws -> R) throws -> R {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: name)
      let files = FileManager.default
      try files.copyItem(at: Fixture.url("pipeline/\(name)"), to: url)
      if name.hasPrefix("signal") {
        for part in ["llm", "unet", "vae", "scheduler"] {
          let copy = url.appending(path: part)
          guard !files.fileExists(atPath: copy.path) else { continue }
          try files.copyItem(at: Fixture.url("pipeline/signal/\(part)"), to: copy)
        }
      }
      return try body(ModelFolder(url: url))
    }
  }

  /// A model folder whose parts lie in the first of several fixtures that has them.
  public static func combining<R>(_ names: [String], _ body: (ModelFolder) throws -> R) throws -> R {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: names[0])
      let files = FileManager.default
      try files.createDirectory(at: url, withIntermediateDirectories: true)
      for name in names {
        for part in try contents(of: Fixture.url("pipeline/\(name)")) {
          let copy = url.appending(path: part)
          guard !files.fileExists(atPath: copy.path) else { continue }
          try files.copyItem(at: Fixture.url("pipeline/\(name)/\(part)"), to: copy)
        }
      }
      return try body(ModelFolder(url: url))
    }
  }

  /// The model `signal` with a head, so that it asks for pictures while it writes, and a chat template.
  public static func thatAsks<R>(_ body: (ModelFolder) throws -> R) throws -> R {
    try with("signal") { folder in
      var random = SeededGenerator(seed: 7)
      // Logits large enough that it asks now and then.
      let row = random.tensor([40], in: -5...5).floats
      try folder.add(
        "signal_head.weight", row + [Float](repeating: 0, count: 120), shape: [4, 40],
        to: "projector/model.safetensors")
      let template =
        "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}"
        + "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
      try folder.change("llm/tokenizer_config.json", ["chat_template": template])
      return try body(folder)
    }
  }

  public func remove(_ path: String) throws {
    try FileManager.default.removeItem(at: url.appending(path: path))
  }

  public func write(_ data: Data, to path: String) throws { try data.write(to: url.appending(path: path)) }

  public func write(_ text: String, to path: String) throws { try write(Data(text.utf8), to: path) }

  public func truncate(_ path: String, to count: Int) throws {
    try write(Data(contentsOf: url.appending(path: path)).prefix(count), to: path)
  }

  /// Changes the settings of a JSON file; nil removes one.
  public func change(_ path: String, _ settings: [String: Any?]) throws {
    let data = try Data(contentsOf: url.appending(path: path))
    var values = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
    for (key, value) in settings { values[key] = value }
    try write(JSONSerialization.data(withJSONObject: values), to: path)
  }

  /// Puts a NaN into a tensor of a safetensors file.
  public func putNaN(into tensor: String, of path: String) throws {
    struct Entry: Decodable {
      let dtype: String
      let data_offsets: [Int]
    }
    struct Header: Decodable {
      let entries: [String: Entry]
      init(from decoder: any Decoder) throws {
        let values = try decoder.singleValueContainer().decode([String: MaybeEntry].self)
        entries = values.compactMapValues(\.entry)
      }
    }
    struct MaybeEntry: Decodable {
      let entry: Entry?
      init(from decoder: any Decoder) throws { entry = try? Entry(from: decoder) }
    }
    var data = try Data(contentsOf: url.appending(path: path))
    let length = data.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    let header = try JSONDecoder().decode(Header.self, from: data[8..<8 + length])
    guard let entry = header.entries[tensor] else { throw CocoaError(.coderValueNotFound) }
    // The last bytes of a value are its sign, exponent and highest bits: all ones are NaN, whatever the width.
    let width = entry.dtype == "F32" ? 4 : 2
    let start = 8 + length + entry.data_offsets[0]
    data.replaceSubrange(start..<start + width, with: Array(repeating: 0xFF, count: width))
    try write(data, to: path)
  }

  /// Adds an fp32 tensor to a safetensors file.
  public func add(_ name: String, _ values: [Float], shape: [Int], to path: String) throws {
    let data = try Data(contentsOf: url.appending(path: path))
    let length = data.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    var header = try JSONSerialization.jsonObject(with: data[8..<8 + length]) as? [String: Any] ?? [:]
    let start = data.count - 8 - length
    header[name] = ["dtype": "F32", "shape": shape, "data_offsets": [start, start + 4 * values.count]]
    let json = try JSONSerialization.data(withJSONObject: header)
    var file =
      withUnsafeBytes(of: UInt64(json.count).littleEndian) { Data($0) } + json + data[(8 + length)...]
    for value in values { withUnsafeBytes(of: value.bitPattern.littleEndian) { file.append(contentsOf: $0) } }
    try write(file, to: path)
  }
}
