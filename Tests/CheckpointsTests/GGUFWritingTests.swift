import Foundation
import Tensors
import TestSupport
import Testing

@testable import Checkpoints

struct GGUFWritingTests {
  private let tensors: [String: Tensor] = [
    "matrix": Tensor((0..<64).map(Float.init), shape: [2, 32]), "vector": Tensor([1, 2, 3], shape: [3]),
    "kernel": Tensor((0..<36).map(Float.init), shape: [2, 2, 3, 3]), "scalar": Tensor([5], shape: []),
  ]

  @Test func readsBack() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "a.gguf")
      var reported: [Int] = []
      try GGUFFile.write(
        tensors.map { TensorPlan($0.key, $0.value) }, metadata: [("general.name", "é")], to: url
      ) { reported.append($0) }
      let file = try GGUFFile(contentsOf: url)
      #expect(try file.metadata.string("general.name") == "é")
      #expect(file.tensors.count == 4 && reported == [1, 2, 3, 4])
      for (name, tensor) in tensors {
        let found = try #require(file.tensors[name])
        #expect(found.floats == tensor.floats)
        #expect(found.shape == (tensor.shape.isEmpty ? [1] : tensor.shape))
      }
    }
  }

  @Test func conversions() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "a.gguf")
      let matrix = try #require(tensors["matrix"])
      let plans = [DType.q8_0, .q4_0, .float16, .bfloat16].map { type in
        TensorPlan("\(type)", matrix.shape, type) { matrix }
      }
      try GGUFFile.write(plans, metadata: [], to: url)
      for (name, tensor) in try GGUFFile(contentsOf: url).tensors {
        #expect("\(tensor.dtype)" == name && tensor.shape == matrix.shape)
      }
    }
  }

  /// What cannot be written is named, and leaves no file.
  @Test func refusals() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "a.gguf")
      func fault(_ plans: [TensorPlan]) -> String {
        message { try GGUFFile.write(plans, metadata: [], to: url) } ?? ""
      }
      #expect(fault([TensorPlan("w", Tensor.zeros([1, 1, 1, 1, 1]))]).contains("w"))
      #expect(
        fault([TensorPlan("w", Tensor.zeros([1])), TensorPlan("w", Tensor.zeros([1]))]).contains(
          "two tensors"))
      let large = Tensor(repeating: 1e6, shape: [1, 32])
      #expect(fault([TensorPlan("w", [1, 32], .float16) { large }]).contains("fp16"))
      let nan = Tensor(repeating: .nan, shape: [1, 32])
      #expect(fault([TensorPlan("w", [1, 32], .q8_0) { nan }]).contains("NaN"))
      let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(left == [])
    }
  }
}
