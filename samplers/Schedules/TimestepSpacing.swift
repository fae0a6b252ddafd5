/// How sampling steps are spread over the training timesteps (Lin et al. 2023, table 2).
public enum TimestepSpacing: String, CaseIterable, Codable, Sendable {
  /// Multiples of ⌊T/N⌋, shifted by an offset: the last training timestep is never used.
  case leading
  /// T, T − T/N, … each less one: the last training timestep is always used.
  case trailing
  /// From T − 1 to 0, both included.
  case linspace

  /// Descending integer timesteps of `stepCount` steps over `trained` timesteps, rounded half to even as NumPy does.
  ///
  /// diffusers' trailing grid gets one timestep too many, −1, where 1000/N rounds down (61, 103, … steps of 1000);
  /// that step has no noise level and is left out here.
  public func timesteps(stepCount: Int, trained: Int, offset: Int = 0) throws(SamplerError) -> [Int] {
    guard (1...trained).contains(stepCount) else {
      throw .stepCount(stepCount, allowed: 1...trained)
    }
    switch self {
    case .leading:
      guard (0..<trained).contains(offset) else { throw .timestep(offset, trained: trained) }
      let ratio = trained / stepCount
      let timesteps = (0..<stepCount).reversed().map { $0 * ratio + offset }
      guard timesteps[0] < trained else { throw .timestep(timesteps[0], trained: trained) }
      return timesteps
    case .trailing:
      // NumPy's arange advances by the difference of its first two values, which is not exactly the step.
      let end = Double(trained)
      let advance = (end - end / Double(stepCount)) - end
      return (0..<stepCount).map { i in
        Int((end + Double(i) * advance).rounded(.toNearestOrEven)) - 1
      }
    case .linspace:
      return Self.linspace(to: Double(trained - 1), count: stepCount).reversed().map {
        Int($0.rounded(.toNearestOrEven))
      }
    }
  }

  /// Timesteps of the DPM-Solver family: leading and linspace spread one point more and drop the last one.
  func timestepsBeforeLast(stepCount: Int, trained: Int, offset: Int) throws(SamplerError) -> [Int] {
    switch self {
    case .trailing:
      return try timesteps(stepCount: stepCount, trained: trained, offset: offset)
    case .leading:
      guard (1..<trained).contains(stepCount) else {
        throw .stepCount(stepCount, allowed: 1...max(trained - 1, 1))
      }
      return try Array(timesteps(stepCount: stepCount + 1, trained: trained, offset: offset).dropLast())
    case .linspace:
      guard (1...trained).contains(stepCount) else { throw .stepCount(stepCount, allowed: 1...trained) }
      return Self.linspace(to: Double(trained - 1), count: stepCount + 1).reversed().dropLast().map {
        Int($0.rounded(.toNearestOrEven))
      }
    }
  }

  /// `numpy.linspace(0, end, count)`.
  static func linspace(to end: Double, count: Int) -> [Double] {
    guard count > 1 else { return [0] }
    let step = end / Double(count - 1)
    return (0..<count - 1).map { Double($0) * step } + [end]
  }
}
