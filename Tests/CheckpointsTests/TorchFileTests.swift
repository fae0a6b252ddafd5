import Foundation
import Tensors
import TestSupport
import Testing

@testable import Checkpoints

struct TorchFileTests {
  /// Tensors of every type, strided and shared, under `state_dict` beside objects of unknown classes, and alone.
  @Test(arguments: ["torch.ckpt", "protocol5.pt"])
  func equalsSafetensors(name: String) throws {
    let expected = try Fixture.tensors("checkpoints/torch.safetensors")
    let tensors = try TorchFile(contentsOf: Fixture.url("checkpoints/\(name)")).tensors
    #expect(tensors.keys.sorted() == expected.keys.sorted())
    for (name, tensor) in expected {
      let found = try #require(tensors[name], "\(name)")
      #expect(
        found.dtype == tensor.dtype && found.shape == tensor.shape && found.floats == tensor.floats, "\(name)"
      )
    }
  }

  @Test func plainStateDictionary() throws {
    let weights = try Fixture.weights("checkpoints/plain.pt")
    #expect(weights.shape(of: "weight") == [2, 2] && weights.shape(of: "bias") == [2])
  }

  @Test(
    arguments: [
      ([], "not a torch"), ([0x80, 2, 0x8A], "before 1.6"), (Array("PK\u{3}\u{4}".utf8), "zip"),
      (Array(repeating: 0x50, count: 100_000), "not a torch"),
      (Array("PK".utf8) + Array(repeating: 0, count: 70_000), "zip"),
    ] as [([UInt8], String)])
  func otherFiles(bytes: [UInt8], word: String) {
    let message = fault { () throws(CheckpointError) in _ = try TorchFile(storage(bytes), file: "x.ckpt") }
    #expect(
      message?.hasPrefix("x.ckpt: ") == true && message?.contains(word) == true, "\(message ?? "accepted")")
  }
}
