extension Int {
  /// The number of an option, if it is in its range.
  @discardableResult
  func checked(_ option: String, _ range: ClosedRange<Int>) throws -> Int {
    guard range.contains(self) else {
      throw UsageError("\(option) \(self) is outside \(range.lowerBound)...\(range.upperBound)")
    }
    return self
  }
}

extension Float {
  /// The value of `--temperature`, if it can be one.
  func checkedTemperature() throws -> Float {
    guard self >= 0, isFinite else { throw UsageError("--temperature \(self) is below 0") }
    return self
  }
}

extension Int64 {
  /// The seed that `--seed` means: a negative number is any.
  var seed: UInt64 { self < 0 ? UInt64.random(in: 0..<1 << 32) : UInt64(self) }
}
