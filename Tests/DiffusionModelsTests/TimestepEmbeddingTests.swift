import Tensors
import TestSupport
import Testing

@testable import DiffusionModels

@Suite struct TimestepEmbeddingTests {
  @Test(arguments: [(320, true, 0), (256, true, 0), (32, false, 1), (7, true, 0)] as [(Int, Bool, Float)])
  func equalsDiffusers(_ width: Int, _ flip: Bool, _ shift: Float) throws {
    let reference = try Fixture.tensors("diffusion/embeddings.safetensors")
    let embedding = SinusoidalEmbedding(width: width, flipSinToCos: flip, frequencyShift: shift)
    let values = embedding(try #require(reference["times"]).floats)
    // PyTorch's exp is not always correctly rounded, and phases reach 999 times its last bit.
    expectClose(values, try #require(reference["\(width)"]), 999 * 6e-8)
  }

  @Test func guidanceScales() throws {
    let reference = try Fixture.tensors("diffusion/embeddings.safetensors")
    let values = guidanceScaleEmbedding(try #require(reference["scales"]).floats, width: 256)
    expectClose(values, try #require(reference["guidance"]), 5e-4)
  }
}
