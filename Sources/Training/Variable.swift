import Tensors

/// A tensor with the way it was computed, along which the gradient of a loss goes back to the parameters: reverse-mode
/// differentiation over the operations of this module, which are named as those on tensors are.
public final class Variable {
  public let value: Tensor
  /// Of the loss, after its `backward`: for parameters alone.
  public private(set) var gradient: Tensor?
  /// Whether a gradient is wanted here, or passes through.
  let isTracked: Bool
  private let inputs: [Variable]
  /// The gradient of the value → those of the inputs, nil for inputs that want none.
  private let pullback: ((Tensor) -> [Tensor?])?

  /// Something that does not change: nothing is remembered about what is computed from constants alone.
  public init(constant value: Tensor) {
    self.value = value
    isTracked = false
    inputs = []
    pullback = nil
  }

  /// Something to be trained.
  public init(parameter value: Tensor) {
    self.value = value
    isTracked = true
    inputs = []
    pullback = nil
  }

  /// The result of an operation.
  init(_ value: Tensor, of inputs: [Variable], pullback: @escaping (Tensor) -> [Tensor?]) {
    self.value = value
    isTracked = inputs.contains(where: \.isTracked)
    self.inputs = isTracked ? inputs : []
    self.pullback = isTracked ? pullback : nil
  }

  /// Adds the gradient of `sum(self · seed)` to those of the parameters that this was computed from; the seed of a loss
  /// is 1.
  public func backward(seed: Tensor? = nil) {
    guard isTracked else { return }
    add(seed ?? Tensor(repeating: 1, shape: value.shape))
    for variable in ordered().reversed() {
      guard let pullback = variable.pullback, let gradient = variable.gradient else { continue }
      variable.gradient = nil
      for (input, part) in zip(variable.inputs, pullback(gradient)) where input.isTracked {
        if let part { input.add(part) }
      }
    }
  }

  private func add(_ part: Tensor) {
    precondition(part.shape == value.shape, "gradient \(part.shape) of \(value.shape)")
    gradient = gradient.map { $0 + part } ?? part
  }

  /// Everything tracked that this was computed from, inputs before results.
  private func ordered() -> [Variable] {
    var (result, seen): ([Variable], Set<ObjectIdentifier>) = ([], [ObjectIdentifier(self)])
    var path: [(variable: Variable, next: Int)] = [(self, 0)]
    while let (variable, next) = path.last {
      guard next < variable.inputs.count else {
        result.append(variable)
        path.removeLast()
        continue
      }
      path[path.count - 1].next += 1
      let input = variable.inputs[next]
      if input.isTracked, seen.insert(ObjectIdentifier(input)).inserted { path.append((input, 0)) }
    }
    return result
  }
}
