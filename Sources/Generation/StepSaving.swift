import DiffusionModels
import Tensors

/// Ways to make steps cheaper that change the picture a little; all are off by default.
public struct StepSaving: Sendable, Equatable {
  /// The whole UNet runs every so many evaluations; between them its deep features are kept from the last (Ma et al.
  /// 2024, "DeepCache"). 1 is always.
  public var deepCache = 1
  /// The share of a picture's tokens that are merged before self-attention at full resolution, 0…¾ (Bolya & Hoffman
  /// 2023, "Token Merging for Fast Stable Diffusion").
  public var tokenMerging = 0.0

  public init() {}

  func check() throws(GenerationError) {
    guard (1...1000).contains(deepCache) else {
      throw .wrongStepSaving("a DeepCache interval of \(deepCache) is outside 1...1000")
    }
    guard (0...0.75).contains(tokenMerging) else {
      throw .wrongStepSaving("a token merging ratio of \(tokenMerging) is outside 0...0.75")
    }
  }

  /// What is written into the picture.
  var parameters: [(String, String)] {
    (tokenMerging == 0 ? [] : [("Token merging ratio", "\(tokenMerging)")])
      + (deepCache == 1 ? [] : [("DeepCache", "\(deepCache)")])
  }
}

/// The deep features of one run over one picture's latents: those of each kind of pass.
final class DeepCache {
  typealias Features = UNet2DConditionModel.DeepFeatures

  var pair: Features?
  var prompt: Features?
  var perturbed: Features?
  private let interval: Int
  private var evaluations = 0

  init(interval: Int) { self.interval = interval }

  /// Forgets everything if this evaluation's turn has come.
  func begin() {
    if evaluations % interval == 0 { (pair, prompt, perturbed) = (nil, nil, nil) }
    evaluations += 1
  }
}
