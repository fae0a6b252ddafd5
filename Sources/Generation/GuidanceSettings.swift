import Samplers

/// How guidance departs from the plain classifier-free formula. As it is made, it does not.
public struct GuidanceSettings: Sendable, Equatable {
  /// How far the guided output gets the conditional one's standard deviation back, 0…1.
  public var rescale: Float = 0
  /// The part of the steps that is guided, as fractions 0…1; all kinds of guidance are off outside it.
  public var start = 0.0
  public var stop = 1.0
  /// Adaptive projected guidance instead of the classifier-free formula.
  public var projection: Projection?
  /// Perturbed-attention guidance; 0 is off.
  public var perturbedAttentionScale: Float = 0
  /// The self-attention layers that are perturbed: names or patterns as diffusers' `pag_applied_layers`.
  public var perturbedLayers = ["mid"]

  /// The parameters of adaptive projected guidance (Sadat et al. 2024).
  public struct Projection: Sendable, Equatable {
    /// Nil: none.
    public var momentum: Float? = -0.5
    /// The longest update; 0: any.
    public var threshold: Float = 15
    /// What remains of the update's part along the conditional output.
    public var eta: Float = 0

    public init() {}
  }

  public init() {}

  /// Checks the values and makes the sampler's value of them.
  public func guidance(scale: Float) throws(SamplerError) -> Guidance {
    func check(_ name: String, _ value: Float, _ isAllowed: Bool, _ allowed: String) throws(SamplerError) {
      guard value.isFinite, isAllowed else { throw .guidance(name, value: Double(value), allowed: allowed) }
    }
    try check("guidance rescale", rescale, (0...1).contains(rescale), "in 0...1")
    try check("guidance start", Float(start), (0...1).contains(start), "in 0...1")
    try check("guidance stop", Float(stop), (start...1).contains(stop), "in \(start)...1")
    try check("PAG scale", perturbedAttentionScale, perturbedAttentionScale >= 0, "0 or more")
    if let projection {
      let momentum = projection.momentum ?? 0
      try check("APG momentum", momentum, abs(momentum) < 1, "between -1 and 1")
      try check("APG threshold", projection.threshold, projection.threshold >= 0, "0 or more")
      try check("APG eta", projection.eta, true, "a finite number")
    }
    return Guidance(
      ClassifierFreeGuidance(scale: scale),
      projection: projection.map {
        AdaptiveProjectedGuidance(momentum: $0.momentum, threshold: $0.threshold, eta: $0.eta)
      },
      perturbedAttention: PerturbedAttentionGuidance(scale: perturbedAttentionScale),
      rescale: GuidanceRescale(factor: rescale), interval: .steps(start: start, stop: stop))
  }

  /// What is written into a picture beside the scale.
  var parameters: [(String, String)] {
    let plain = GuidanceSettings()
    var result: [(String, String)] = []
    if rescale != 0 { result.append(("Guidance rescale", "\(rescale)")) }
    if (start, stop) != (plain.start, plain.stop) {
      result += [("Guidance start", "\(start)"), ("Guidance stop", "\(stop)")]
    }
    if let projection {
      result += [
        ("APG momentum", projection.momentum.map { "\($0)" } ?? "none"),
        ("APG threshold", "\(projection.threshold)"), ("APG eta", "\(projection.eta)"),
      ]
    }
    if perturbedAttentionScale != 0 {
      result += [
        ("PAG scale", "\(perturbedAttentionScale)"), ("PAG layers", perturbedLayers.joined(separator: " ")),
      ]
    }
    return result
  }
}
