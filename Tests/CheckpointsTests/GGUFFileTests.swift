import Foundation
import Tensors
import TestSupport
import Testing

@testable import Checkpoints

struct GGUFFileTests {
  @Test func everyValueType() throws {
    let metadata = try GGUFFile(contentsOf: Fixture.url("checkpoints/types.gguf")).metadata
    let integers = [
      "u8": 200, "i8": -100, "u16": 60000, "i16": -30000, "u32": 4_000_000_000, "i32": -2_000_000_000,
      "u64": 1 << 62,
      "i64": -(1 << 62), "general.alignment": 64,
    ]
    for (key, value) in integers { #expect(try metadata.integer(key) == value, "\(key)") }
    #expect(try metadata.number("f32") == Double(Float(0.1)))
    #expect(try metadata.number("f64") == 0.1)
    #expect(try metadata.number("u8") == 200)
    #expect(try metadata.bool("yes"))
    #expect(try metadata.string("text") == "naïve\nline")
    #expect(try metadata.string("general.architecture") == "llama")
    #expect(try metadata.strings("tokens") == ["a", "Ġthe", "<|im_end|>"])
    #expect(try metadata.numbers("scores") == [0.5, -1.5])
    #expect(try metadata.integers("types") == [1, 3, 3])
    #expect(metadata["flags"] == .bools([true, false]))
    #expect(metadata["nested"] == .arrays([.integers([1, 2]), .integers([3, 4])]))
  }

  @Test func accessorsNameTheKey() throws {
    let metadata = try GGUFFile(contentsOf: Fixture.url("checkpoints/types.gguf")).metadata
    #expect(try metadata.integer("absent", default: 3) == 3)
    let missing = fault { () throws(CheckpointError) in _ = try metadata.string("absent") }
    #expect(missing?.hasSuffix("types.gguf: has no metadata “absent”") == true)
    let wrong = fault { () throws(CheckpointError) in _ = try metadata.strings("scores", default: []) }
    #expect(
      wrong?.hasSuffix("metadata “scores” is an array of numbers, expected an array of strings") == true)
  }

  @Test func everyElementType() throws {
    let tensors = try GGUFFile(contentsOf: Fixture.url("checkpoints/types.gguf")).tensors
    let ramp: [Float] = [-3, -2, -1, 0, 1, 2]
    let expected: [(String, DType, [Float])] = [
      ("f64", .float64, ramp.map { $0 / 2 }), ("f32", .float32, ramp.map { $0 / 2 }),
      ("f16", .float16, ramp.map { $0 / 2 }), ("bf16", .bfloat16, ramp.map { $0 / 2 }),
      ("i64", .int64, ramp), ("i32", .int32, ramp), ("i16", .int16, ramp), ("i8", .int8, ramp),
    ]
    for (name, dtype, values) in expected {
      let tensor = try #require(tensors[name], "\(name)")
      #expect(tensor.dtype == dtype && tensor.shape == [2, 3] && tensor.floats == values, "\(name)")
    }
    #expect(tensors.count == expected.count)
  }

  @Test func blocksAndVersion2() throws {
    let file = try GGUFFile(contentsOf: Fixture.url("checkpoints/blocks.gguf"))
    for (name, decoded) in try Fixture.tensors("checkpoints/blocks-decoded.safetensors") {
      #expect(
        file.tensors[name]?.shape == decoded.shape && file.tensors[name]?.floats == decoded.floats, "\(name)")
    }
    var bytes = Array(try Fixture.data("checkpoints/blocks.gguf"))
    bytes[4] = 2
    #expect(try GGUFFile(storage(bytes), file: "x").tensors.count == file.tensors.count)
  }

  private func faultOf(_ bytes: [UInt8]) -> String? {
    fault { () throws(CheckpointError) in _ = try GGUFFile(storage(bytes), file: "some.gguf") }
  }

  private typealias G = GGUFBytes

  @Test func acceptsUnusualLayouts() throws {
    let tensors = [
      G.tensor("b", [2], offset: 32), G.tensor("a", [3, 2], offset: 64), G.tensor("none", [0, 5]),
    ]
    let read = try GGUFFile(storage(G.file(tensors: tensors, dataBytes: 88)), file: "x").tensors
    #expect(read["a"]?.shape == [2, 3] && read["b"]?.shape == [2] && read["none"]?.shape == [5, 0])
    #expect(faultOf(G.file()) == nil)
    let packed = G.value("general.alignment", type: 4, littleEndian(UInt32(1)))
    let unaligned = G.file(
      values: [packed], tensors: [G.tensor("x", [1], type: 24), G.tensor("y", [1], offset: 1)], alignment: 1,
      dataBytes: 5)
    #expect(try GGUFFile(storage(unaligned), file: "x").tensors["y"]?.floats == [0])
  }

  @Test(
    arguments: ([
      ([], "not a GGUF file"), (Array("GGUF".utf8), "truncated"),
      (Array("GGML".utf8) + [0, 0, 0, 0], "not a GGUF"),
      (G.file(version: 1), "version 1"), (G.file(version: 4), "version 4"),
      (G.file(version: 0x0300_0000), "big-endian"),
      (G.file(tensorCount: .max), "cannot hold"), (G.file(valueCount: 1 << 60), "cannot hold"),
      (G.file(tensorCount: 1), "cannot hold"),
      (G.file(values: [littleEndian(UInt64.max) + [0, 0, 0, 0, 0]]), "cannot hold"),
      (G.file(values: [littleEndian(UInt64(1)) + [0xFF] + littleEndian(UInt32(0)) + [1]]), "not UTF-8"),
      (G.file(values: [G.value("k", type: 8, littleEndian(UInt64(1)) + [0xC0])]), "not UTF-8"),
      (G.file(values: [G.value("k", type: 8, littleEndian(UInt64(1) << 40))]), "cannot hold"),
      (G.file(values: [G.value("k", type: 13, [])]), "unknown type 13"),
      (G.file(values: [G.value("k", type: 7, [2])]), "boolean is 2"),
      (G.file(values: [G.value("k", type: 10, littleEndian(UInt64.max))]), "beyond 2^63"),
      (
        G.file(values: [G.value("k", type: 9, littleEndian(UInt32(8)) + littleEndian(UInt64.max))]),
        "cannot hold"
      ),
      (
        G.file(values: [G.value("k", type: 9, littleEndian(UInt32(99)) + littleEndian(UInt64(0)))]),
        "unknown type 99"
      ),
      (
        G.file(values: [
          G.value(
            "k", type: 9, (0..<10000).flatMap { _ in littleEndian(UInt32(9)) + littleEndian(UInt64(1)) })
        ]), "nested deeper"
      ),
      (G.file(values: [G.value("k", type: 0, [1]), G.value("k", type: 0, [1])]), "“k” twice"),
      (G.file(values: [G.value("general.alignment", type: 4, littleEndian(UInt32(0)))]), "power of two"),
      (G.file(values: [G.value("general.alignment", type: 4, littleEndian(UInt32(24)))]), "power of two"),
      (
        G.file(values: [G.value("general.alignment", type: 10, littleEndian(UInt64(1) << 62))]),
        "power of two"
      ),
      (G.file(values: [G.value("general.alignment", type: 8, G.string("32"))]), "power of two"),
      (G.file(tensors: [G.tensor("t", [1, 1, 1, 1, 1])], dataBytes: 4), "5 dimensions"),
      (G.file(tensors: [G.tensor("t", [.max])], dataBytes: 4), "impossible shape"),
      (G.file(tensors: [G.tensor("t", [1 << 62, 4])], dataBytes: 4), "impossible shape"),
      (
        G.file(tensors: [G.tensor("t", [31], type: 8)], dataBytes: 34),
        "impossible shape [31] for its type Q8_0"
      ),
      (G.file(tensors: [G.tensor("t", [256], type: 10)], dataBytes: 84), "Q2_K, which is not supported"),
      (G.file(tensors: [G.tensor("t", [1], type: 77)], dataBytes: 4), "type 77"),
      (G.file(tensors: [G.tensor("t", [1], offset: 4)], dataBytes: 8), "not a multiple of 32"),
      (G.file(tensors: [G.tensor("t", [1], offset: .max)], dataBytes: 8), "impossible offset"),
      (G.file(tensors: [G.tensor("t", [1], offset: UInt64(Int.max) - 31)], dataBytes: 8), "truncated"),
      (G.file(tensors: [G.tensor("t", [2])], dataBytes: 7), "truncated"),
      (
        G.file(tensors: [G.tensor("t", [16]), G.tensor("u", [1], offset: 32)], dataBytes: 64), "“u” overlaps"
      ),
      (G.file(tensors: [G.tensor("t", [1]), G.tensor("t", [1], offset: 32)], dataBytes: 64), "“t” twice"),
    ] as [([UInt8], String)]).map { BadFile($0, $1) })
  func rejected(file: BadFile) {
    let message = faultOf(file.bytes)
    #expect(
      message?.hasPrefix("some.gguf: ") == true && message?.contains(file.word) == true,
      "\(message ?? "accepted")"
    )
  }

  @Test func filesThatCannotBeOpened() throws {
    try withTemporaryFolder { folder in
      for (url, word) in [(folder, "directory"), (folder.appending(path: "absent"), "No such file")] {
        let message = fault { () throws(CheckpointError) in _ = try GGUFFile(contentsOf: url) }
        #expect(
          message?.contains(word) == true && message?.contains(url.path) == true, "\(message ?? "accepted")")
      }
    }
  }
}
