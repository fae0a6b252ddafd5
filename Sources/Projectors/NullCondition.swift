/// What stands for "no prompt" in classifier-free guidance.
public enum NullCondition: String, Sendable, CaseIterable {
  /// The projector's output for states of zeros (MiniGPT-5).
  case zeros
  /// The tensor `null_condition` of the projector's file.
  case learned
  /// The empty prompt through the model's own text encoder (GILL, NExT-GPT).
  case text
}
