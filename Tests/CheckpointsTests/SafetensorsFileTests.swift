import Foundation
import Tensors
import TestSupport
import Testing

@testable import Checkpoints

struct SafetensorsFileTests {
  @Test func everyType() throws {
    let file = try SafetensorsFile(contentsOf: Fixture.url("checkpoints/types.safetensors"))
    let ramp: [Float] = [-3, -2, -1, 0, 1, 2]
    let expected: [(String, DType, [Float])] = [
      ("f64", .float64, ramp.map { $0 / 2 }), ("f32", .float32, ramp.map { $0 / 2 }),
      ("f16", .float16, ramp.map { $0 / 2 }), ("bf16", .bfloat16, ramp.map { $0 / 2 }),
      ("i64", .int64, ramp), ("i32", .int32, ramp), ("i16", .int16, ramp), ("i8", .int8, ramp),
      ("u8", .uint8, ramp.map(abs)), ("bool", .bool, ramp.map { $0 > 0 ? 1 : 0 }),
    ]
    for (name, dtype, values) in expected {
      let tensor = try #require(file.tensors[name], "\(name)")
      #expect(tensor.dtype == dtype && tensor.shape == [2, 3], "\(name)")
      #expect(tensor.floats == values, "\(name)")
    }
    #expect(file.tensors["scalar"]?.shape == [] && file.tensors["scalar"]?.floats == [5])
    #expect(file.tensors["empty"]?.shape == [0, 4] && file.tensors["empty"]?.floats == [])
    #expect(file.tensors["naïve \"name\""]?.floats == [1])
    #expect(file.tensors.count == 13)
    #expect(file.metadata == ["format": "pt", "note": "line\nbreak"])
  }

  @Test func unalignedTensorsAreCopied() throws {
    let header =
      #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F32","shape":[2],"data_offsets":[1,9]}}"#
    let bytes =
      safetensors(header) + [7] + littleEndian(Float(1.5).bitPattern) + littleEndian(Float(-2).bitPattern)
    let tensors = try SafetensorsFile(storage(bytes), file: "x").tensors
    #expect(tensors["a"]?.floats == [7])
    #expect(tensors["b"]?.floats == [1.5, -2])
    tensors["b"]?.withBytes { #expect(Int(bitPattern: $0.baseAddress) % 4 == 0) }
  }

  /// What the reference library accepts besides the usual.
  @Test(arguments: [
    ("{}", 0), ("  {}  ", 0),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"extra":[{}]}}"#, 4),
    (#"{"":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 4),
    (
      #"{"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#,
      4
    ),
  ])
  func accepted(header: String, dataBytes: Int) throws {
    _ = try SafetensorsFile(storage(safetensors(header, dataBytes)), file: "x")
  }

  /// Faulty headers, and a word that the message must have.
  @Test(arguments: [
    ("", 0, "malformed"), ("[]", 0, "malformed"), ("{}\0", 0, "malformed"), ("{", 0, "malformed"),
    (#"{"a":1}"#, 0, "malformed"),
    (#"{"a":{}}"#, 0, "lacks"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#, 4, "lacks"),
    (#"{"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}}"#, 4, "F8_E4M3"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 4, "needs 8 bytes, has 4"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, 4, "begins at 4"),
    (#"{"a":{"dtype":"F32","shape":[-1,-1],"data_offsets":[0,4]}}"#, 4, "malformed"),
    (#"{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}"#, 4, "malformed"),
    (#"{"a":{"dtype":"F32","shape":[4611686018427387904,4,0],"data_offsets":[0,0]}}"#, 0, "impossible shape"),
    (#"{"a":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]}}"#, 0, "impossible shape"),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}"#,
      12, "hole"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#,
      12, "overlaps"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
      8, "twice"
    ),
    (#"{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 4, "twice"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 5, "1 bytes follow"),
    (#"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#, 15, "truncated"),
    (#"{"__metadata__":{"a":{}}}"#, 0, "malformed"),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":\#(String(repeating: "[", count: 100_000))"#,
      4, "nested"
    ),
  ])
  func rejected(header: String, dataBytes: Int, word: String) {
    let message = fault { () throws(CheckpointError) in
      _ = try SafetensorsFile(storage(safetensors(header, dataBytes)), file: "some.safetensors")
    }
    #expect(
      message?.hasPrefix("some.safetensors: ") == true && message?.contains(word) == true,
      "\(message ?? "accepted")")
    #expect(message?.contains("\n") == false)
  }

  @Test(
    arguments: ([
      ([], "too short"), ([1, 2, 3], "too short"),
      (littleEndian(UInt64.max), "header would be"), (littleEndian(UInt64(100_000_001)), "header would be"),
      (littleEndian(UInt64(100)) + Array("{}".utf8), "truncated"),
      (littleEndian(UInt64(6)) + Array("{\"".utf8) + [0xFF] + Array("\":1".utf8), "not UTF-8"),
    ] as [([UInt8], String)]).map { BadFile($0, $1) })
  func rejectedBytes(file: BadFile) {
    let message = fault { () throws(CheckpointError) in
      _ = try SafetensorsFile(storage(file.bytes), file: "x")
    }
    #expect(message?.contains(file.word) == true, "\(message ?? "accepted")")
  }

  @Test func namesAreShownOnOneLine() {
    let header = #"{"a\n\u001b\#(String(repeating: "x", count: 1000))":{}}"#
    let message = fault { () throws(CheckpointError) in
      _ = try SafetensorsFile(storage(safetensors(header)), file: "x")
    }
    #expect(message.map { $0.count < 300 && !$0.unicodeScalars.contains { $0.value < 32 } } == true)
  }

  @Test func filesThatCannotBeOpened() throws {
    try withTemporaryFolder { folder in
      let empty = folder.appending(path: "empty")
      try Data().write(to: empty)
      for (url, word) in [
        (folder, "directory"), (folder.appending(path: "absent"), "No such file"), (empty, "too short"),
      ] {
        let message = fault { () throws(CheckpointError) in _ = try SafetensorsFile(contentsOf: url) }
        #expect(
          message?.contains(word) == true && message?.contains(url.path) == true, "\(message ?? "accepted")")
      }
    }
  }
}
