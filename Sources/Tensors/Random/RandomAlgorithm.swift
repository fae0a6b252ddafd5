/// The generators whose noise can be reproduced, by the names that `--rng` accepts.
public enum RandomAlgorithm: String, CaseIterable, Codable, Sendable {
  /// PyTorch on a CPU: MT19937.
  case torch
  /// PyTorch on an NVIDIA GPU: Philox 4×32-10.
  case cuda
  /// NumPy's `RandomState`: MT19937 with the polar method.
  case numpy

  /// A source at the start of the stream that belongs to `seed`.
  public func source(seed: UInt64) -> any RandomSource {
    switch self {
    case .torch: TorchRandomSource(seed: seed)
    case .cuda: CUDARandomSource(seed: seed)
    case .numpy: NumPyRandomSource(seed: seed)
    }
  }
}
