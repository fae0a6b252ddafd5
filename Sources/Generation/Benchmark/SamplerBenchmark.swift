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
  private let start: Int
  private var referenceSteps: Int { min(settings.referenceSteps, start + 1) }

  /// - Parameter folder: made if it is not there; one that holds the journal of an equal benchmark is gone on with.
  public init(_ settings: BenchmarkSettings, pipeline: TextToImagePipeline, folder: URL) throws {
    self.settings = try settings.checked()
    subject = try pipeline.benchmarkSubject(self.settings)
    start = try EvaluationBudget.start(subject.scheduler, maximumSigma: self.settings.maximumSigma)
    journal = try BenchmarkJournal(
      folder: folder,
      header: BenchmarkJournal.Header(
        model: subject.name, schedule: self.settings.schedule.rawValue, start: start,
        referenceSteps: min(self.settings.referenceSteps, start + 1),
        guidanceScale: subject.guidance.classifierFree.scale, size: subject.latentShape,
        prompts: self.settings.prompts, seeds: self.settings.seeds,
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
    let schedule: ScheduleName
  }

  func contestants() throws -> [Contestant] {
    let all = try settings.samplers.flatMap { name -> [Contestant] in
      let budget = try budget(of: SamplerCatalog.sampler(named: name))
      return settings.evaluations.compactMap { evaluations in
        budget.plan(evaluations: evaluations).map {
          Contestant(
            kind: budget.kind, evaluations: evaluations, steps: $0.steps, plan: $0.plan,
            schedule: budget.schedule)
        }
      }
    }
    guard !all.isEmpty else { throw BenchmarkError.tooFewEvaluations(settings.evaluations) }
    return all
  }

  private func budget(of kind: SamplerKind) -> EvaluationBudget {
    EvaluationBudget(
      kind: kind, configuration: subject.scheduler,
      schedule: kind.schedules.contains(settings.schedule) ? settings.schedule : kind.defaultSchedule,
      start: start)
  }

  private func trials() throws -> [Trial] {
    var trials: [Trial] = []
    func add(
      _ name: String, _ kind: SamplerKind, steps: Int, _ pairs: some Sequence<(prompt: Int, seed: UInt64)>
    ) throws {
      let plan = try EvaluationBudget(
        kind: kind, configuration: subject.scheduler, schedule: .trailing, start: start
      ).plan(steps: steps)
      for (prompt, seed) in pairs {
        trials.append(
          Trial(
            key: Self.key(name, prompt, seed), kind: .run(prompt: prompt, seed: seed, keeping: 2), plan: plan,
            cost: steps))
      }
    }
    try add("reference", Self.referenceSampler, steps: referenceSteps, pairs)
    try add("half", Self.referenceSampler, steps: max(1, referenceSteps / 2), pairs.prefix(1))
    try add("ddim", .ddim, steps: referenceSteps, pairs.prefix(1))
    let contestants = try contestants()
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
    PeakMemory.reset()
    let start = ContinuousClock().now
    switch trial.kind {
    case .run(let prompt, let seed, let keeping):
      let (latents, evaluations) = try subject.run(
        trial.plan, prompt: prompt, seed: seed, keeping: keeping, progress: evaluation)
      entry.evaluations = evaluations
      entry.seconds = (ContinuousClock().now - start) / .seconds(1)
      entry.peakMemory = PeakMemory.peak
      entry.latents = latents.map { Data(floats: $0.floats) }
    case .mixture:
      let distance = try MixtureTrial.distance(of: trial.plan)
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
    for contestant in try contestants() {
      let entries = pairs.map { journal.entries[Self.key(contestant, $0.prompt, $0.seed)] }
      let isComparable = !contestant.kind.isStochastic && !contestant.plan.solver.needsUnconditional
      let overhead = journal.entries[Self.overheadKey(contestant.kind)]
      var row = BenchmarkResults.Row(
        sampler: contestant.kind.name, title: contestant.kind.title, isComparable: isComparable,
        schedule: contestant.schedule.rawValue, budget: contestant.evaluations, steps: contestant.steps,
        evaluations: mean(entries.compactMap { $0?.evaluations.map(Double.init) }) ?? 0,
        distance: journal.entries[Self.mixtureKey(contestant)]?.distance,
        seconds: mean(entries.compactMap { $0?.seconds }) ?? 0,
        peakMemory: entries.compactMap { $0?.peakMemory }.max(),
        overhead: overhead?.seconds, growth: overhead?.growth)
      if isComparable {
        let squares = pairs.compactMap { error(contestant, prompt: $0.prompt, seed: $0.seed) }.map { $0 * $0 }
        row.error = mean(squares).map { $0.squareRoot() }.flatMap { $0.isFinite ? $0 : nil }
        if let last = rows.last, last.sampler == row.sampler, let coarse = last.error, let fine = row.error {
          row.order = log(coarse / fine) / log(row.evaluations / last.evaluations)
        }
      }
      rows.append(row)
    }
    return BenchmarkResults(
      model: subject.name, guidanceScale: subject.guidance.classifierFree.scale, prompts: settings.prompts,
      seeds: settings.seeds, budgets: settings.evaluations,
      reference: BenchmarkResults.Reference(
        sampler: Self.referenceSampler.name, steps: referenceSteps, start: start,
        differenceOfHalf: checkDifference("half"), differenceOfDDIM: checkDifference("ddim")),
      distanceFloor: MixtureTrial.floor(), rows: rows)
  }

  private func mean(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  private func latents(_ key: String) -> [[Float]]? { journal.entries[key]?.latents?.map(\.floats) }

  /// How far a run is from the reference at the level where it ends: without noise, or for the samplers that leave the
  /// first timestep's noise in, there.
  private func error(_ contestant: Contestant, prompt: Int, seed: UInt64) -> Double? {
    guard let final = latents(Self.key(contestant, prompt, seed))?.last,
      let reference = latents(Self.key("reference", prompt, seed)),
      let end = contestant.plan.steps.last?.to
    else { return nil }
    return relativeRMSE(final, reference[end.noise > 0 ? 0 : reference.count - 1])
  }

  private func checkDifference(_ name: String) -> Double? {
    guard let pair = pairs.first, let check = latents(Self.key(name, pair.prompt, pair.seed))?.last,
      let reference = latents(Self.key("reference", pair.prompt, pair.seed))
    else { return nil }
    let endsInNoise = name == "ddim" && !(subject.scheduler.setAlphaToOne ?? true)
    return relativeRMSE(check, reference[endsInNoise ? 0 : reference.count - 1])
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
    let contestants = try contestants()
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
