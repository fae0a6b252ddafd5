import LanguageModels
import Tensors
import Training

/// The training itself: steps and evaluations over a state. What a step does depends on its number, the settings and the
/// state alone.
struct AlignmentTraining: Sendable {
  let settings: AlignmentSettings
  let student: Student
  let data: AlignmentData
  let scaling: StateScaling
  /// What the losses are divided by.
  let lossScale: Double

  /// The student's conditioning of some captions, (B, m, C).
  func prediction(
    _ parameters: [String: Variable], _ captions: [Int], isDropped: [Bool] = []
  ) throws -> Variable {
    guard let rows = parameters[Student.rows] else { preconditionFailure("no signal rows") }
    let inputs = student.inputs(rows)
    let states: Variable
    switch data.reading {
    case .states(let all):
      states = Variable(constant: Tensor.concatenating(captions.map { all[$0] }))
    case .texts(let texts): states = try student.reader.states(inputs, after: captions.map { texts[$0] })
    case .tokens:
      let texts = try student.reader.reading(captions.map { data.tokens[$0] })
      states = try student.reader.states(inputs, after: texts)
    }
    return student.conditioning(
      states, parameters: parameters, inputs: inputs, scaling: scaling, isDropped: isDropped)
  }

  /// One update; → the loss before it.
  func step(_ state: inout AlignmentState) throws {
    let (captions, isDropped) = batch(state.step)
    let variables = state.parameters.reduce(into: [String: Variable]()) { result, entry in
      let isTrained = settings.trainsSignals || entry.key != Student.rows
      result[entry.key] = isTrained ? Variable(parameter: entry.value) : Variable(constant: entry.value)
    }
    let target = Tensor.concatenating(zip(captions, isDropped).map { $1 ? data.null : data.targets[$0] })
    let loss = settings.loss(
      try prediction(variables, captions, isDropped: isDropped), target, scale: lossScale)
    loss.backward()
    let (gradients, length) = clipped(variables.compactMapValues(\.gradient), to: 1)
    guard loss.value.isFinite, length.isFinite else { throw AlignmentError.notFinite(step: state.step + 1) }
    let rate = LearningRate(peak: settings.learningRate, warmUp: settings.warmUp, total: settings.steps)
    state.optimizer.update(
      &state.parameters, gradients, learningRate: rate(state.step), weightDecay: settings.weightDecay)
    state.losses.append(loss.value.floats[0])
    state.step += 1
  }

  /// Notes the loss on held-out captions, and the parameters if it is the lowest.
  func evaluate(_ state: inout AlignmentState) throws {
    let loss = try heldOutLoss(state.parameters)
    guard loss.isFinite else { throw AlignmentError.notFinite(step: state.step) }
    if loss < state.evaluations.map(\.loss).min() ?? .infinity {
      (state.best, state.bestStep) = (state.parameters, state.step)
    }
    state.evaluations.append(.init(step: state.step, loss: loss))
  }

  /// Whether an evaluation belongs after the step just done.
  func isEvaluationDue(_ state: AlignmentState) -> Bool {
    state.evaluations.last?.step != state.step
      && (state.step % settings.evaluateEvery == 0 || state.step == settings.steps)
  }

  /// Whether all steps are done, or held-out captions have gained nothing for too long.
  func isFinished(_ state: AlignmentState) -> Bool {
    let since = state.evaluations.filter { $0.step > state.bestStep }.count
    return !isEvaluationDue(state) && (state.step >= settings.steps || since >= settings.patience)
  }

  private func heldOutLoss(_ parameters: [String: Tensor]) throws -> Double {
    var sum = 0.0
    try predictHeldOut(parameters) { captions, prediction in
      let target = Tensor.concatenating(captions.map { data.targets[$0] })
      let loss = settings.loss(Variable(constant: prediction), target, scale: lossScale)
      sum += Double(loss.value.floats[0]) * Double(captions.count)
    }
    return sum / Double(data.heldOut.count)
  }

  /// Calls `body` with some held-out captions and their conditioning at a time.
  func predictHeldOut(
    _ parameters: [String: Tensor], _ body: (_ captions: [Int], _ prediction: Tensor) -> Void
  ) throws {
    let constants = parameters.mapValues { Variable(constant: $0) }
    for start in stride(from: 0, to: data.heldOut.count, by: settings.batchSize) {
      let captions = Array(data.heldOut[start...].prefix(settings.batchSize))
      body(captions, try prediction(constants, captions).value)
    }
  }

  /// The captions of a step, each as often as any other, and which of them are taken for none.
  private func batch(_ step: Int) -> (captions: [Int], isDropped: [Bool]) {
    let (size, count) = (settings.batchSize, data.trained.count)
    var orders: [Int: [Int]] = [:]
    let captions = (step * size..<(step + 1) * size).map { sample in
      let epoch = sample / count
      if orders[epoch] == nil {
        var random = SplitMix64(seed: settings.seed &+ UInt64(epoch) &* 0x9e37_79b9)
        orders[epoch] = data.trained.shuffled(using: &random)
      }
      return orders[epoch]![sample % count]
    }
    var random = SplitMix64(seed: settings.seed ^ 0xd6e8_feb8_6659_fd93 &+ UInt64(step))
    return (captions, captions.map { _ in random.unit() < settings.captionDropout })
  }
}
