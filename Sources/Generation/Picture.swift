import Tensors

/// 8-bit RGB pixels, row by row from the top.
public struct Picture: Sendable, Equatable {
  public let width: Int
  public let height: Int
  public let pixels: [UInt8]

  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(pixels.count == width * height * 3)
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  /// From finite decoder output (1, H, W, 3) or (H, W, 3) in −1…1: round(clamp(x/2 + ½)·255), as diffusers does it.
  public init(decoded: Tensor) {
    let (height, width) = (decoded.dim(-3), decoded.dim(-2))
    precondition(decoded.count == height * width * 3)
    self.init(
      width: width, height: height,
      pixels: decoded.floats.map { UInt8((max(0, min(1, $0 / 2 + 0.5)) * 255).rounded(.toNearestOrEven)) })
  }

  /// The pixels as an autoencoder takes them: (1, H, W, 3) in −1…1.
  var encoderInput: Tensor {
    Tensor(pixels.map { Float($0) / 255 * 2 - 1 }, shape: [1, height, width, 3])
  }
}
