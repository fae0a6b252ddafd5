import Foundation
import Samplers
import Tensors

/// Samplers against a converged solution at equal numbers of evaluations, and against a known distribution. What is
/// measured goes into a journal in the folder, so that a run that is stopped goes on where it was.
public struct SamplerBenchmark {
  /// What is being done, and how far it is.
  public struct Progress: Sendable {
    public let label: String
    /// Evaluations of the network in this run.
    public let completed: Int
    public let total: Int
  }

  /// The solver whose many steps are taken for the exact solution; its own error is estimated with half as many.
  static let referenceSampler = SamplerKind.dpmpp2m

  private let settings: BenchmarkSettings
  private let subject: BenchmarkSubject
  private let journal: BenchmarkJournal
  private let grid: BenchmarkGrid
  private let contestants: [Contestant]
  private var referenceSteps: Int { min(settings.referenceSteps, grid.start) }

  /// - Parameter folder: made if it is not there; one that holds the journal of an equal benchmark is gone on with.
  public init(_ settings: BenchmarkSettings, pipeline: TextToImagePipeline, folder: URL) throws {
    self.settings = try settings.checked()
    subject = try pipeline.benchmarkSubject(self.settings)
    grid = try BenchmarkGrid(
      subject.scheduler, maximumSigma: self.settings.schedule == nil ? self.settings.maximumSigma : .infinity)
    contestants = try Self.contestants(self.settings) { [subject, grid, settings = self.settings] in
      Self.budget(of: $0, settings, subject, grid)
    }
    journal = try BenchmarkJournal(
      folder: folder,
      header: BenchmarkJournal.Header(
        model: subject.name, schedule: self.settings.schedule?.rawValue, start: grid.start,
        referenceSteps: min(self.settings.referenceSteps, grid.start),
        guidanceScale: subject.guidance.classifierFree.scale, size: subject.latentShape,
        prompts: self.settings.prompts, seeds: self.settings.seeds, points: self.settings.points,
        probe: Data(floats: subject.probe(seed: self.settings.seeds[0]))))
  }

  /// Measures what is not yet in the journal.
  ///
  /// - Parameter progress: called before every evaluation; what it throws stops the work.
  public func run(progress: (Progress) throws -> Void = { _ in }) throws -> BenchmarkResults {
    let missing = try trials().filter { journal.entries[$0.key] == nil }
    let total = missing.reduce(0) { $0 + $1.cost }
    try withoutActuallyEscaping(progress) { progress in
      var completed = 0
      for trial in missing {
        try progress(Progress(label: trial.key, completed: completed, total: total))
        try journal.record(
          measure(trial) {
            try progress(Progress(label: trial.key, completed: completed, total: total))
            completed = min(completed + 1, total)
          })
      }
      if !missing.isEmpty { try progress(Progress(label: "done", completed: total, total: total)) }
    }
    return try results()
  }

  // MARK: Trials

  /// One thing to be measured.
  private struct Trial {
    enum Kind {
      case run(prompt: Int, seed: UInt64, keeping: Int)
      case mixture
      case overhead(EvaluationBudget)
    }
    let key: String
    let kind: Kind
    let plan: SamplingPlan
    /// Evaluations, roughly.
    let cost: Int
  }

  private var pairs: [(prompt: Int, seed: UInt64)] {
    settings.prompts.indices.flatMap { prompt in settings.seeds.map { (prompt, $0) } }
  }

  /// A sampler with a budget: what both need to know to be run and to be reported.
  struct Contestant {
    let kind: SamplerKind
    let evaluations: Int
    let steps: Int
    let plan: SamplingPlan
  }

  private static func contestants(
    _ settings: BenchmarkSettings, budget: (SamplerKind) -> EvaluationBudget
  ) throws -> [Contestant] {
    let all = try settings.samplers.flatMap { name -> [Contestant] in
      let budget = budget(try SamplerCatalog.sampler(named: name))
      return settings.evaluations.compactMap { evaluations in
        budget.plan(evaluations: evaluations).map {
          Contestant(kind: budget.kind, evaluations: evaluations, steps: $0.steps, plan: $0.plan)
        }
      }
    }
    guard !all.isEmpty else {
      throw BenchmarkError.tooFewEvaluations(settings.evaluations, samplers: settings.samplers)
    }
    return all
  }

  private func budget(of kind: SamplerKind) -> EvaluationBudget {
    Self.budget(of: kind, settings, subject, grid)
  }

  private static func budget(
    of kind: SamplerKind, _ settings: BenchmarkSettings, _ subject: BenchmarkSubject, _ grid: BenchmarkGrid
  ) -> EvaluationBudget {
    EvaluationBudget(
      kind: kind, configuration: subject.scheduler, grid: settings.schedule == nil ? grid : nil,
      schedule: settings.schedule)
  }

  /// The solution that is taken for exact: to the first timestep's level and from there to none.
  private func referencePlan(steps: Int) throws(SamplerError) -> SamplingPlan {
    try Self.referenceSampler.plan(
      subject.scheduler,
      SamplerOptions(
        stepCount: steps + 1, sigmas: grid.sigmas(steps) + [0],
        zeroTerminalSNR: subject.scheduler.rescalesToZeroTerminalSNR))
  }

  /// Other solutions to judge that one by: with half the steps, and by DDIM.
  private func checks() throws(SamplerError) -> [(name: String, plan: SamplingPlan)] {
    let ddim = EvaluationBudget(kind: .ddim, configuration: subject.scheduler, grid: grid, schedule: nil)
    return [
      ("half", try referencePlan(steps: max(1, referenceSteps / 2))),
      ("ddim", try ddim.plan(steps: referenceSteps)),
    ]
  }

  private func trials() throws -> [Trial] {
    var trials: [Trial] = []
    func add(_ name: String, _ plan: SamplingPlan, _ pairs: some Sequence<(prompt: Int, seed: UInt64)>) {
      for (prompt, seed) in pairs {
        trials.append(
          Trial(
            key: Self.key(name, prompt, seed), kind: .run(prompt: prompt, seed: seed, keeping: 2), plan: plan,
            cost: plan.steps.count))
      }
    }
    add("reference", try referencePlan(steps: referenceSteps), pairs)
    for check in try checks() { add(check.name, check.plan, pairs.prefix(1)) }
    for (prompt, seed) in pairs {
      for contestant in contestants {
        trials.append(
          Trial(
            key: Self.key(contestant, prompt, seed), kind: .run(prompt: prompt, seed: seed, keeping: 1),
            plan: contestant.plan, cost: contestant.evaluations))
      }
    }
    for contestant in contestants {
      trials.append(
        Trial(key: Self.mixtureKey(contestant), kind: .mixture, plan: contestant.plan, cost: 0))
    }
    if settings.measuresOverhead {
      for contestant in contestants where contestant.evaluations == contestants[0].evaluations {
        trials.append(
          Trial(
            key: Self.overheadKey(contestant.kind), kind: .overhead(budget(of: contestant.kind)),
            plan: contestant.plan, cost: 0))
      }
    }
    return trials
  }

  static func key(_ name: String, _ prompt: Int, _ seed: UInt64) -> String { "\(name) \(prompt) \(seed)" }
  static func key(_ contestant: Contestant, _ prompt: Int, _ seed: UInt64) -> String {
    key("\(contestant.kind.name) \(contestant.steps)", prompt, seed)
  }
  static func mixtureKey(_ contestant: Contestant) -> String {
    "mixture \(contestant.kind.name) \(contestant.steps)"
  }
  static func overheadKey(_ kind: SamplerKind) -> String { "overhead \(kind.name)" }

  private func measure(
    _ trial: Trial, evaluation: @escaping () throws -> Void
  ) throws -> BenchmarkJournal.Entry {
    var entry = BenchmarkJournal.Entry(key: trial.key)
    SystemMemory.resetPeak()
    let start = ContinuousClock().now
    switch trial.kind {
    case .run(let prompt, let seed, let keeping):
      let (latents, evaluations) = try subject.run(
        trial.plan, prompt: prompt, seed: seed, keeping: keeping, progress: evaluation)
      entry.evaluations = evaluations
      entry.seconds = (ContinuousClock().now - start) / .seconds(1)
      entry.peakMemory = SystemMemory.peakResident
      entry.latents = latents.map { Data(floats: $0.floats) }
    case .mixture:
      let distance = try MixtureTrial(points: settings.points).distance(of: trial.plan)
      entry.distance = distance.isFinite ? distance : nil
    case .overhead(let budget):
      guard let overhead = try SolverOverhead(budget) else { break }
      entry.seconds = overhead.secondsPerStep
      entry.growth = overhead.growth
    }
    return entry
  }

  // MARK: Results

  private func results() throws -> BenchmarkResults {
    var rows: [BenchmarkResults.Row] = []
    for contestant in contestants {
      let entries = pairs.map { journal.entries[Self.key(contestant, $0.prompt, $0.seed)] }
      let isComparable = !contestant.kind.isStochastic && !contestant.plan.solver.needsUnconditional
      let overhead = journal.entries[Self.overheadKey(contestant.kind)]
      var row = BenchmarkResults.Row(
        sampler: contestant.kind.name, title: contestant.kind.title, isComparable: isComparable,
        budget: contestant.evaluations, steps: contestant.steps,
        evaluations: mean(entries.compactMap { $0?.evaluations.map(Double.init) }) ?? 0,
        distance: journal.entries[Self.mixtureKey(contestant)]?.distance,
        seconds: mean(entries.compactMap { $0?.seconds }) ?? 0,
        peakMemory: entries.compactMap { $0?.peakMemory }.max(),
        overhead: overhead?.seconds, growth: overhead?.growth)
      if isComparable {
        let squares = pairs.compactMap {
          error(
            Self.key(contestant, $0.prompt, $0.seed), contestant.plan, prompt: $0.prompt, seed: $0.seed)
        }.map { $0 * $0 }
        row.error = mean(squares).map { $0.squareRoot() }.flatMap { $0.isFinite ? $0 : nil }
        if let last = rows.last, last.sampler == row.sampler, let coarse = last.error, let fine = row.error {
          row.order = log(coarse / fine) / log(row.evaluations / last.evaluations)
        }
      }
      rows.append(row)
    }
    let differences = try Dictionary(
      uniqueKeysWithValues: checks().map { check in
        (
          check.name,
          error(
            Self.key(check.name, pairs[0].prompt, pairs[0].seed), check.plan, prompt: pairs[0].prompt,
            seed: pairs[0].seed)
        )
      })
    return BenchmarkResults(
      model: subject.name, schedule: settings.schedule?.rawValue,
      guidanceScale: subject.guidance.classifierFree.scale, prompts: settings.prompts,
      seeds: settings.seeds, budgets: settings.evaluations,
      reference: BenchmarkResults.Reference(
        sampler: Self.referenceSampler.name, steps: referenceSteps, start: grid.start,
        differenceOfHalf: differences["half"] ?? nil, differenceOfDDIM: differences["ddim"] ?? nil),
      distanceFloor: MixtureTrial(points: settings.points).floor(), rows: rows)
  }

  private func mean(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  private func latents(_ key: String) -> [[Float]]? { journal.entries[key]?.latents?.map(\.floats) }

  /// How far a run is from the reference at the level where it ends: the first timestep's, or none.
  private func error(_ key: String, _ plan: SamplingPlan, prompt: Int, seed: UInt64) -> Double? {
    guard let final = latents(key)?.last, let end = plan.steps.last?.to,
      let reference = latents(Self.key("reference", prompt, seed))
    else { return nil }
    return relativeRMSE(final, reference[end.noise > 0 ? 0 : reference.count - 1])
  }

  // MARK: Pictures

  /// The finished pictures of the first prompt and seed: a row for each sampler, a column for each budget, and the
  /// reference.
  public func contactSheet() throws -> Picture {
    let pair = pairs[0]
    func picture(_ key: String) throws -> Picture? {
      guard let final = latents(key)?.last else { return nil }
      guard final.allSatisfy(\.isFinite) else { return nil }
      return try subject.picture(Tensor(final, shape: [1] + subject.latentShape))
    }
    let rows = try settings.samplers.map { name in
      ContactSheet.Row(
        label: name,
        pictures: try settings.evaluations.map { evaluations in
          try contestants.first { $0.kind.name == name && $0.evaluations == evaluations }
            .flatMap { try picture(Self.key($0, pair.prompt, pair.seed)) }
        })
    }
    let reference = ContactSheet.Row(
      label: "reference", pictures: [try picture(Self.key("reference", pair.prompt, pair.seed))])
    return ContactSheet(columns: settings.evaluations.map { "\($0)" }, rows: [reference] + rows).drawn()
  }
}
