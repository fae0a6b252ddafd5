import Foundation
import TestSupport
import Testing

@testable import Checkpoints

struct WeightsLoadingTests {
  @Test(arguments: ["checkpoints/sharded", "checkpoints/sharded/model.safetensors.index.json"])
  func sharded(path: String) throws {
    let weights = try Fixture.weights(path)
    #expect(try weights["a"].tensor("weight", [2, 2]).floats == [1, 1, 1, 1])
    #expect(weights.source.hasSuffix("sharded/model.safetensors.index.json"))
  }

  @Test func singleFiles() throws {
    #expect(try Fixture.weights("checkpoints/types.safetensors").has("bf16"))
    #expect(try Fixture.weights("checkpoints/types.gguf").has("bf16"))
  }

  @Test(arguments: [
    "diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.fp16.safetensors", "model.safetensors",
    "model.fp16.safetensors",
  ])
  func folders(name: String) throws {
    try withTemporaryFolder { folder in
      let header = #"{"\#(name)":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#
      try Data(safetensors(header, 1)).write(to: folder.appending(path: name))
      #expect(try Weights(contentsOf: folder).has(name))
    }
  }

  /// transformers' older folders, in one file and in shards.
  @Test func torchFolders() throws {
    let torch = try Fixture.data("checkpoints/torch.ckpt")
    let names = try SafetensorsFile(contentsOf: Fixture.url("checkpoints/torch.safetensors")).tensors.keys
    try withTemporaryFolder { folder in
      try torch.write(to: folder.appending(path: "pytorch_model.bin"))
      let weights = try Weights(contentsOf: folder)
      for name in names { #expect(weights.has(name)) }
    }
    try withTemporaryFolder { folder in
      try torch.write(to: folder.appending(path: "pytorch_model-00001-of-00001.bin"))
      let map = names.map { "\"\($0)\":\"pytorch_model-00001-of-00001.bin\"" }.joined(separator: ",")
      try Data(#"{"weight_map":{\#(map)}}"#.utf8).write(
        to: folder.appending(path: "pytorch_model.bin.index.json"))
      #expect(try names.allSatisfy(Weights(contentsOf: folder).has))
    }
  }

  @Test func nothingThere() throws {
    try withTemporaryFolder { folder in
      let message = fault { () throws(CheckpointError) in _ = try Weights(contentsOf: folder) }
      #expect(message?.hasPrefix("\(folder.path): holds no weights") == true)
      let absent = folder.appending(path: "absent")
      let other = fault { () throws(CheckpointError) in _ = try Weights(contentsOf: absent) }
      #expect(other == "\(absent.path): cannot be read: No such file or directory")
    }
  }
}
