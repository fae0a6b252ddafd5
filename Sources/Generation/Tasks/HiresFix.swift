import Tensors

/// A second pass over an enlarged picture: the first settles what is in it at the size that the model knows, the second
/// adds detail.
public struct HiresFix: Sendable, Equatable {
  public enum Upscaler: String, CaseIterable, Sendable {
    /// Bilinear in the latents: nothing is decoded between the passes.
    case latent
    /// Lanczos in the pixels.
    case pixel
  }

  /// How much larger the second pass is along both sides; the result is rounded down to what the model can draw.
  public var scale = 1.5
  /// Nil: as many as in the first pass.
  public var stepCount: Int?
  /// How much of the enlarged picture is drawn anew, 0…1.
  public var strength = 0.7
  public var upscaler = Upscaler.latent

  public init() {}

  /// The sizes that are worth a second pass.
  static let scales = 1.0...8.0

  /// A side after enlarging.
  func side(_ pixels: Int, multiple: Int) -> Int { Int(Double(pixels) * scale) / multiple * multiple }
}
