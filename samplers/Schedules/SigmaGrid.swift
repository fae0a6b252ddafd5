/// The levels of a run of a solver in σ form: descending sigmas, each with the timestep its network is called with. The
/// run then goes on to a final σ, zero as a rule.
struct SigmaGrid {
  let table: NoiseSchedule
  let sigmas: [Double]
  let timesteps: [Double]
  /// What N(0, 1) is multiplied by to become latents x₀ + σ·ε of the first level.
  let initialScale: Double
  /// Where the run goes from the last of them.
  var final = 0.0

  /// The grid of the k-diffusion solvers: fractional timesteps; schedules over σ span the spaced grid.
  static func continuous(
    _ configuration: SchedulerConfiguration, _ options: SamplerOptions, _ schedule: ScheduleName,
    betas: ClosedRange<Double> = 0.0001...0.02, roundsKarras: Bool = false,
    hasDoubleTimesteps: Bool = false
  ) throws(SamplerError) -> SigmaGrid {
    let table = try configuration.noiseSchedule(betas: betas).withFiniteSigmas
    let spacing = configuration.spacing(schedule, default: .linspace)
    // For linspace only to check the step count: there the timesteps stay fractional.
    let integers = try spacing.timesteps(
      stepCount: options.stepCount, trained: table.count, offset: configuration.stepsOffset)
    var timesteps =
      spacing == .linspace
      ? TimestepSpacing.linspace(to: Double(table.count - 1), count: options.stepCount).reversed().map {
        hasDoubleTimesteps ? $0 : Double(Float($0))
      } : integers.map(Double.init)
    var sigmas = timesteps.map(table.sigma(at:))
    var final = 0.0
    if let given = try options.timesteps(trained: table.count) {
      timesteps = given.map(Double.init)
      sigmas = timesteps.map(table.sigma(at:))
    } else if let spaced = options.sigmas.map({ Array($0.dropLast()) })
      ?? schedule.sigmas(
        of: table, from: sigmas[0], to: sigmas[sigmas.count - 1], count: sigmas.count, rho: options.rho)
    {
      final = options.sigmas?.last ?? 0
      sigmas = spaced
      timesteps = spaced.map {
        let timestep = table.timestep(ofSigma: $0)
        return roundsKarras && schedule == .karras
          ? timestep.rounded(.toNearestOrEven) : Double(Float(timestep))
      }
    }
    let first = sigmas[0]
    return SigmaGrid(
      table: table, sigmas: sigmas.map { Double(Float($0)) }, timesteps: timesteps,
      initialScale: spacing == .leading ? (first * first + 1).squareRoot() : first, final: final)
  }

  /// The grid of the DPM-Solver family: integer timesteps, one more point spaced and dropped; schedules over σ span the
  /// whole table.
  static func discrete(
    _ configuration: SchedulerConfiguration, _ options: SamplerOptions, _ schedule: ScheduleName
  ) throws(SamplerError) -> SigmaGrid {
    let table = try configuration.noiseSchedule().withFiniteSigmas
    let spacing = configuration.spacing(schedule, default: .linspace)
    var timesteps = try spacing.timestepsBeforeLast(
      stepCount: options.stepCount, trained: table.count, offset: configuration.stepsOffset
    ).map(Double.init)
    var sigmas = timesteps.map(table.sigma(at:))
    let (low, high) = (table.sigmas[0], table.sigmas[table.count - 1])
    var final = 0.0
    if let given = try options.timesteps(trained: table.count) {
      timesteps = given.map(Double.init)
      sigmas = timesteps.map(table.sigma(at:))
    } else if let spaced = options.sigmas.map({ Array($0.dropLast()) })
      ?? schedule.sigmas(of: table, from: high, to: low, count: sigmas.count, rho: options.rho)
    {
      final = options.sigmas?.last ?? 0
      sigmas = spaced
      // diffusers truncates the timesteps of these two and rounds Karras's.
      let truncates = options.sigmas == nil && (schedule == .exponential || schedule == .beta)
      timesteps = spaced.map {
        table.timestep(ofSigma: $0).rounded(truncates ? .towardZero : .toNearestOrEven)
      }
    }
    return SigmaGrid(
      table: table, sigmas: sigmas.map { Double(Float($0)) }, timesteps: timesteps, initialScale: 1,
      final: final)
  }

  /// The steps between neighbouring levels, in variance-exploding or variance-preserving form.
  func steps(variancePreserving: Bool, final: Double? = nil) -> [SamplingStep] {
    let levels = zip(timesteps.map(Optional.some) + [nil], sigmas + [final ?? self.final]).map {
      timestep, sigma in
      variancePreserving
        ? NoiseLevel(timestep: timestep, variancePreservingSigma: sigma)
        : NoiseLevel(timestep: timestep, sigma: sigma)
    }
    return sigmas.indices.map {
      SamplingStep(index: $0, count: sigmas.count, from: levels[$0], to: levels[$0 + 1])
    }
  }
}
