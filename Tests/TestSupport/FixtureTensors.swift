import Checkpoints
import Tensors

extension Fixture {
  /// The tensors of a safetensors file below Tests/Fixtures.
  public static func tensors(_ path: String) throws -> [String: Tensor] {
    try SafetensorsFile(contentsOf: url(path)).tensors
  }

  /// The weights in a safetensors file, an index or a folder below Tests/Fixtures.
  public static func weights(_ path: String) throws -> Weights { try Weights(contentsOf: url(path)) }
}
