import Checkpoints
import Tensors

/// Maps a language model's states at the signal tokens to what a UNet is conditioned on. Conforming types hold the layers
/// of one published design; `OutputProjector` adds what all share: the configuration, checks, the null condition.
public protocol Projector: Sendable {
  /// - Parameter weights: scoped to the projector, under its original key names.
  init(_ weights: Weights, _ configuration: ProjectorConfiguration) throws(WeightsError)

  /// (B, n, llm_hidden) → (B, m, C); n, llm_hidden, m and C are the configuration's.
  func callAsFunction(_ states: Tensor) -> Tensor

  /// Tensors of this design, any of which tells under what prefix a checkpoint keeps it.
  static var landmarks: [String] { get }
}
