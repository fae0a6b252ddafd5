import Foundation
import Tensors

/// How fast this machine multiplies.
public enum ArithmeticSpeed {
  /// Multiplications and additions a second in a product of the size that networks are made of, measured in a moment.
  public static func measured() -> Double {
    let (rows, inputs, outputs) = (512, 1280, 1280)
    let x = Tensor.zeros([rows, inputs])
    let weight = Tensor.zeros([outputs, inputs])
    let clock = ContinuousClock()
    _ = linear(x, weight, bias: nil)
    let start = clock.now
    var calls = 0
    while calls < 2 || clock.now - start < .milliseconds(60) {
      _ = linear(x, weight, bias: nil)
      calls += 1
    }
    return 2 * Double(rows * inputs * outputs * calls) / ((clock.now - start) / .seconds(1))
  }

  /// The share of that speed that whole networks reach.
  public static let networkShare = 0.75
}
