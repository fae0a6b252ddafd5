/// The arithmetic of a network's products. What is added up is added up in fp32, or exactly in integers, in all of them.
public enum Precision: String, Sendable, CaseIterable {
  case f32
  /// Both factors rounded to bf16.
  case bf16
  /// Bytes where that is safe, with a scale for each row of either factor; bf16 elsewhere.
  case int8
}
