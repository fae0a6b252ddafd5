import Samplers

/// What is compared, and on what.
public struct BenchmarkSettings: Codable, Equatable, Sendable {
  public static let allowedEvaluations = 1...1000

  public var prompts = ["a girl reading", "a red apple", "a sailing boat", "a cat"]
  public var seeds: [UInt64] = [0]
  /// Names of samplers, as `SamplerCatalog` has them.
  public var samplers = SamplerCatalog.all.map(\.name)
  /// The budgets: a sampler takes as many steps as each of them allows.
  public var evaluations = [5, 10, 20, 50]
  /// A schedule that each sampler follows in its own way, if it has it; nil: the same levels for all, even in the
  /// timestep (see `BenchmarkGrid`).
  public var schedule: ScheduleName?
  /// Without a schedule: the noisiest level at which runs start: Stable Diffusion's own. A model of zero terminal SNR would
  /// start at σ = 4096, where solvers of higher order in σ can only fail.
  public var maximumSigma = 14.6147
  /// The steps of the solution that is taken for exact, at most.
  public var referenceSteps = 1000
  /// The samples that a sampler's distribution is judged by.
  public var points = 8192
  /// Nil: the model's own.
  public var guidanceScale: Float?
  /// Whether the time and memory that a solver takes beside the network are measured.
  public var measuresOverhead = false

  public init() {}

  /// Settles names and order, so that equal wishes are equal settings; throws where nothing could be measured.
  public func checked() throws -> BenchmarkSettings {
    var settings = self
    for (isMissing, name) in [
      (prompts.isEmpty, "prompts"), (seeds.isEmpty, "seeds"), (samplers.isEmpty, "samplers"),
      (evaluations.isEmpty, "evaluations"),
    ] where isMissing {
      throw BenchmarkError.nothing(name)
    }
    for count in evaluations where !Self.allowedEvaluations.contains(count) {
      throw BenchmarkError.evaluations(count, allowed: Self.allowedEvaluations)
    }
    guard Self.allowedEvaluations.contains(referenceSteps) else {
      throw BenchmarkError.evaluations(referenceSteps, allowed: Self.allowedEvaluations)
    }
    guard (1...1 << 20).contains(points) else { throw BenchmarkError.nothing("points") }
    guard maximumSigma.isFinite, maximumSigma > 0 else {
      throw SamplerError.givenLevels("the noisiest level \(maximumSigma) is not a positive number")
    }
    if let guidanceScale, !guidanceScale.isFinite { throw GenerationError.wrongGuidance(guidanceScale) }
    settings.evaluations = Set(evaluations).sorted()
    var seen: Set<String> = []
    settings.samplers = try samplers.map { try SamplerCatalog.sampler(named: $0).name }.filter {
      seen.insert($0).inserted
    }
    return settings
  }
}
