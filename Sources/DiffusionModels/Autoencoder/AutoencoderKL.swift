/// The variational autoencoder between pictures and latents (Kingma & Welling 2014; Rombach et al. 2022). Its two halves
/// are separate values, so that text-to-image never loads the encoder.
public enum AutoencoderKL {}
