import Checkpoints

/// The variational autoencoder between pictures and latents (Kingma & Welling 2014; Rombach et al. 2022). Its two halves
/// are separate values, so that text-to-image never loads the encoder.
public enum AutoencoderKL {
  /// Fails if `weights` has a tensor that neither `half` nor the other half would use.
  static func verifyAllRead(_ weights: Weights, exceptScopes others: Set<String>) throws(WeightsError) {
    try weights.verifyAllRead { name in
      isScheduleBuffer(name) || name.split(separator: ".").contains { others.contains(String($0)) }
    }
  }
}
