/// A stream of random numbers held as a value: a copy is a checkpoint, and two copies draw the same numbers.
///
/// Every source reproduces one published generator, so that a seed gives here the noise it gives elsewhere.
public protocol RandomSource: Sendable {
  /// The next `count` samples of N(0, 1), as one draw: how a count is split into draws can change the values.
  mutating func normal(_ count: Int) -> [Float]

  /// The next sample of the uniform distribution on [0, 1), with 53 random bits.
  mutating func uniform() -> Double
}

extension RandomSource {
  /// The next integer in `0..<bound`. `bound` must be positive.
  public mutating func integer(below bound: Int) -> Int {
    precondition(bound > 0, "an integer below \(bound) does not exist")
    // The product can round up to the bound itself when the bound has more than 53 bits.
    return min(Int(uniform() * Double(bound)), bound - 1)
  }
}
