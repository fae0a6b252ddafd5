import Tensors
import Testing

@testable import Checkpoints

struct WeightsTests {
  private let weights = Weights(
    [
      "blocks.0.proj.weight": Tensor([1, 2, 3, 4, 5, 6], shape: [2, 3]),
      "blocks.1.proj.weight": Tensor([1, .nan], shape: [2]),
      "scale": Tensor([2], shape: [1, 1]).converted(to: .float16),
      "position_ids": Tensor([0], shape: [1]),
    ], source: "model.safetensors")

  @Test func scopes() throws {
    let scoped = weights["blocks"][0]["proj"]
    #expect(try scoped.tensor("weight", [2, 3]).floats == [1, 2, 3, 4, 5, 6])
    #expect(scoped.has("weight") && !scoped.has("bias"))
    #expect(scoped.shape(of: "weight") == [2, 3] && scoped.shape(of: "bias") == nil)
  }

  @Test func storedAndConverted() throws {
    #expect(try weights.tensor("scale", [1, 1]).dtype == .float16)
    let scalar = try weights.float32("scale", anyOf: [[1], [1, 1]])
    #expect(scalar.shape == [1] && scalar.dtype == .float32 && scalar.floats == [2])
  }

  @Test func errorsNameTheTensor() {
    let scope = weights["blocks"]
    #expect(throws: WeightsError.missing("blocks.0.bias", source: "model.safetensors")) {
      try scope[0].tensor("bias", [2])
    }
    #expect(
      throws: WeightsError.wrongShape(
        "blocks.0.proj.weight", expected: [3, 2], found: [2, 3], source: "model.safetensors")
    ) { try scope[0]["proj"].tensor("weight", [3, 2]) }
    #expect(throws: WeightsError.notFinite("blocks.1.proj.weight", source: "model.safetensors")) {
      try scope[1]["proj"].float32("weight", [2])
    }
    #expect(
      WeightsError.unread(["a", "b"], source: "f").description
        == "f: nothing uses tensor a and 1 more; the file does not fit its configuration")
  }

  @Test func messagesAreOneLine() {
    #expect(WeightsError.missing("a\nb", source: "f").description == "f: tensor a?b is missing")
  }

  @Test func unreadTensorsAreAnError() throws {
    _ = try weights.tensor("scale", [1, 1])
    _ = try weights["blocks"][0]["proj"].tensor("weight", [2, 3])
    #expect(
      throws: WeightsError.unread(["blocks.1.proj.weight", "position_ids"], source: "model.safetensors")
    ) {
      try weights.verifyAllRead()
    }
    #expect(throws: WeightsError.unread(["blocks.1.proj.weight"], source: "model.safetensors")) {
      try weights["blocks"].verifyAllRead()
    }
    try weights["blocks"][0].verifyAllRead()
    _ = try weights["blocks"][1].tensor("proj.weight", [2])
    try weights.verifyAllRead { $0 == "position_ids" }
  }

  @Test func askingIsNotReading() {
    #expect(weights.has("scale") && weights.shape(of: "scale") == [1, 1])
    #expect(throws: WeightsError.self) { try weights.verifyAllRead { $0 != "scale" } }
  }

  @Test func aWrongShapeIsNotReading() {
    _ = try? weights.tensor("scale", [7])
    #expect(throws: WeightsError.self) { try weights.verifyAllRead { $0 != "scale" } }
  }

  @Test func renamed() throws {
    let renamed = try weights.renamed { "model." + $0 }
    #expect(try renamed["model"].tensor("scale", [1, 1]).floats == [2])
    #expect(!renamed.has("scale"))
    #expect(throws: WeightsError.ambiguous("x", source: "model.safetensors")) {
      try weights.renamed { _ in "x" }
    }
  }
}
