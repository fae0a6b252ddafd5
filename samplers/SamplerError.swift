/// What can be wrong with a sampler's name, settings or arguments.
public enum SamplerError: Error, Equatable, CustomStringConvertible {
  case unknownSampler(String, available: [String])
  case unsupportedSchedule(String, sampler: String, available: [String])
  case stepCount(Int, allowed: ClosedRange<Int>)
  /// A timestep beyond the trained schedule, reached by `steps_offset`.
  case timestep(Int, trained: Int)
  case eta(Double)
  case strength(Double)
  /// Where one model hands a run over to another.
  case share(Double)
  /// A parameter of guidance outside its range.
  case guidance(String, value: Double, allowed: String)
  /// Levels of a run that were given one by one, or a shape of a schedule, and cannot be used.
  case givenLevels(String)
  /// A setting with a value that has no implementation here; ignoring it would change the picture.
  case unsupportedSetting(String, value: String)
  case unknownSetting(String)
  case malformedConfiguration(String)
  /// Epsilon prediction cannot start from a level without signal: x₀ = (x − σε)/0.
  case noSignal

  public var description: String {
    switch self {
    case .unknownSampler(let name, let available):
      "unknown sampler '\(name)'; available: \(available.joined(separator: ", "))"
    case .unsupportedSchedule(let name, let sampler, let available):
      "sampler '\(sampler)' has no schedule '\(name)'; available: \(available.joined(separator: ", "))"
    case .stepCount(let count, let allowed):
      "step count \(count) is outside \(allowed.lowerBound)...\(allowed.upperBound)"
    case .timestep(let timestep, let trained):
      "the steps reach timestep \(timestep), but the schedule ends at \(trained - 1): use fewer steps"
    case .eta(let eta): "eta \(eta) is outside 0...1"
    case .share(let share):
      "a switch at \(share) leaves one of the two models no step; it must be within 0...1"
    case .strength(let strength): "strength \(strength) leaves no step to run; it must be in 0...1"
    case .guidance(let name, let value, let allowed): "\(name) \(value) is not \(allowed)"
    case .givenLevels(let reason): reason
    case .unsupportedSetting(let name, let value): "scheduler setting \(name) = \(value) is not supported"
    case .unknownSetting(let name): "unknown scheduler setting \(name)"
    case .malformedConfiguration(let reason): "malformed scheduler configuration: \(reason)"
    case .noSignal: "epsilon prediction cannot start at zero terminal SNR; it needs v or sample prediction"
    }
  }
}
