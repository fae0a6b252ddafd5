/// What can be wrong with a benchmark's request or its folder.
public enum BenchmarkError: Error, Equatable, CustomStringConvertible {
  case nothing(String)
  case evaluations(Int, allowed: ClosedRange<Int>)
  case tooFewEvaluations([Int], samplers: [String])
  /// The folder holds files, but no journal of a benchmark.
  case occupied(String)
  /// The folder's journal is of other settings or another model.
  case otherBenchmark(String, reason: String)
  case unusable(String, reason: String)

  public var description: String {
    switch self {
    case .nothing(let what): "there are no \(what)"
    case .evaluations(let count, let allowed):
      "\(count) evaluations are outside \(allowed.lowerBound)...\(allowed.upperBound)"
    case .tooFewEvaluations(let counts, let samplers):
      "\(samplers.joined(separator: ", ")): cannot be run with \(counts.map(String.init).joined(separator: ", ")) evaluations"
    case .occupied(let path):
      "\(path): holds files that are not a benchmark's; name another folder by --output"
    case .otherBenchmark(let path, let reason):
      "\(path): holds a benchmark with \(reason); name another folder by --output, or remove it"
    case .unusable(let path, let reason): "\(path): \(reason)"
    }
  }
}
