import DiffusionModels
import Tensors
import TestSupport
import Testing

/// Tensors that do not fit are errors, whatever file or pipeline they come from.
@Suite struct InputTests {
  private func unet(_ name: String) throws -> UNet2DConditionModel {
    try UNet2DConditionModel(folder: Fixture.url("diffusion/\(name)"))
  }

  @Test(arguments: [[2, 7, 23], [2, 24], [0, 7, 24], [2, 0, 24]])
  func encoderHiddenStates(_ shape: [Int]) throws {
    let unet = try unet("sd1")
    #expect(unet.configuration.crossAttentionWidth == 24)
    #expect(throws: InputError.self) { try unet.conditioning(.zeros(shape)) }
  }

  @Test(arguments: [[1, 4, 8, 8], [2, 9, 8, 8], [2, 4, 8], [2, 4, 0, 8]])
  func latents(_ shape: [Int]) throws {
    let unet = try unet("sd1")
    let conditioning = try unet.conditioning(.zeros([2, 7, 24]))
    #expect(throws: InputError.self) { try unet(.zeros(shape), timestep: 1, conditioning) }
    #expect(throws: InputError.self) { try unet(.zeros([2, 4, 8, 8]), timesteps: [1], conditioning) }
  }

  @Test func addedConditions() throws {
    let unet = try unet("sdxl")
    let tokens = Tensor.zeros([2, 7, 24])
    func faults(_ text: [Int]?, _ ids: [Int]?) {
      #expect(throws: InputError.self) {
        try unet.conditioning(
          tokens,
          AddedConditions(textEmbeddings: text.map { .zeros($0) }, timeIDs: ids.map { .zeros($0) }))
      }
    }
    faults(nil, [2, 6])
    faults([2, 20], nil)
    faults([2, 21], [2, 6])
    faults([1, 20], [2, 6])
    faults([2, 20], [1, 6])
    faults([2, 20], [2, 60])
    faults([2, 20], [12])
  }

  @Test func guidance() throws {
    let unet = try unet("lcm")
    #expect(throws: InputError.self) {
      try unet.conditioning(.zeros([2, 7, 24]), AddedConditions(guidance: .zeros([2, 11])))
    }
    _ = try unet.conditioning(.zeros([2, 7, 24]))
  }

  @Test func classLabels() throws {
    let tokens = Tensor.zeros([2, 7, 24])
    let table = try unet("class-table")
    #expect(throws: InputError.self) { try table.conditioning(tokens) }
    for labels in [[1], [1, 5], [-1, 0]] {
      #expect(throws: InputError.self) {
        try table.conditioning(tokens, AddedConditions(classLabels: .numbers(labels)))
      }
    }
    let vectors = try unet("class-projection")
    for labels in [.numbers([1, 2]), .vectors(.zeros([2, 9]))] as [AddedConditions.ClassLabels] {
      #expect(throws: InputError.self) {
        try vectors.conditioning(tokens, AddedConditions(classLabels: labels))
      }
    }
  }

  @Test func picturesAndLatentsOfAutoencoders() throws {
    let folder = Fixture.url("diffusion/vae")
    let decoder = try AutoencoderKL.Decoder(folder: folder)
    for shape in [[1, 3, 4, 4], [4, 4, 4], [1, 4, 0, 4]] {
      #expect(throws: InputError.self) { try decoder(.zeros(shape)) }
    }
    let encoder = try AutoencoderKL.Encoder(folder: folder)
    for shape in [[1, 16, 16, 4], [16, 16, 3], [1, 3, 16, 3]] {
      #expect(throws: InputError.self) { try encoder(.zeros(shape)) }
    }
  }

  @Test func scaling() throws {
    let configuration = try AutoencoderKL.Decoder(folder: Fixture.url("diffusion/vae-plain")).configuration
    let latents = Tensor([1, -2], shape: [1, 2, 1, 1])
    expectClose(configuration.scaled(latents), Tensor([1.41, -3.09], shape: latents.shape), 1e-6)
    expectClose(configuration.unscaled(configuration.scaled(latents)), latents, 1e-6)
  }
}
