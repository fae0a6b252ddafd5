import Foundation
import TestSupport
import Testing

@testable import Checkpoints

struct ShardedSafetensorsTests {
  @Test func readsAllShards() throws {
    let tensors = try ShardedSafetensors(
      index: Fixture.url("checkpoints/sharded/model.safetensors.index.json")
    ).tensors
    #expect(tensors.keys.sorted() == ["a.weight", "b.bias", "b.weight"])
    #expect(tensors["b.weight"]?.floats == [2, 2, 2])
  }

  /// Writes shards `one` and `two` with a tensor `a` each and an index, and returns what is said about it.
  private func fault(index: String) throws -> String? {
    try withTemporaryFolder { folder in
      for (shard, name) in [("one", "a"), ("two", "a"), ("three", "c")] {
        let header = #"{"\#(name)":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#
        try Data(safetensors(header, 1)).write(to: folder.appending(path: "\(shard).safetensors"))
      }
      let url = folder.appending(path: "model.safetensors.index.json")
      try Data(index.utf8).write(to: url)
      return CheckpointsTests.fault { () throws(CheckpointError) in _ = try ShardedSafetensors(index: url) }
    }
  }

  @Test(arguments: [
    (#"{"weight_map":{"a":"one.safetensors","c":"three.safetensors"}}"#, nil),
    (#"{"weight_map":{"a":"one.safetensors","b":"two.safetensors"}}"#, "in both"),
    (#"{"weight_map":{"a":"one.safetensors","b":"three.safetensors"}}"#, "not in"),
    (#"{"weight_map":{"a":"four.safetensors"}}"#, "No such file"),
    (#"{"weight_map":{"a":"../one.safetensors"}}"#, "not a file beside it"),
    (#"{"weight_map":{"a":"/etc/passwd"}}"#, "not a file beside it"),
    (#"{"weight_map":{"a":".."}}"#, "not a file beside it"),
    (#"{"weight_map":{"a":""}}"#, "not a file beside it"),
    (#"{"weight_map":{"a":"one\u0000"}}"#, "not a file beside it"),
    (#"{"weight_map":{"a":1}}"#, "malformed"),
    (#"{"weight_map":{"a":"one.safetensors","a":"two.safetensors"}}"#, "twice"),
    (#"{"weights":{}}"#, "weight_map"), ("[]", "malformed"), ("", "malformed"),
  ])
  func faults(index: String, word: String?) throws {
    let message = try fault(index: index)
    #expect(word.map { message?.contains($0) == true } ?? (message == nil), "\(message ?? "accepted")")
  }
}
