import Foundation
import LanguageModels
import Projectors
import Tensors
import Training

/// Teaches a frozen language model to drive a diffusion model that another one, or CLIP, drives: signal rows and a
/// projector are trained until its conditioning is the teacher's (the decoding-side alignment of NExT-GPT, Wu et al. 2023,
/// arXiv:2309.05519, and of GILL). It takes captions and no pictures.
public struct Alignment {
  public enum Event: Sendable {
    /// The teacher, then the language model, reads the captions.
    case teacherRead(Int, of: Int)
    case captionsRead(Int, of: Int)
    /// Training goes on after this step.
    case started(step: Int, of: Int, captions: Int, heldOut: Int)
    case step(Int, of: Int, loss: Double, heldOut: Double?)
  }

  private let request: AlignmentRequest
  private let captions: Captions
  private let teacherFolder: TeacherFolder
  private let folder: AlignedModelFolder

  /// What of the texts is kept between steps at most, in bytes.
  private static let memory = 2 << 30
  /// What all targets may take, in bytes.
  private static let targetMemory = 8 << 30
  /// Texts that the frozen models read together.
  private static let atOnce = 16

  /// Checks what can be checked without loading a model.
  public init(_ request: AlignmentRequest) throws {
    try request.check()
    self.request = request
    captions = try Captions(contentsOf: request.captions)
    let heldOut = request.heldOut ?? 1
    guard heldOut < captions.all.count else {
      throw AlignmentError.request(
        "--held-out \(heldOut) leaves nothing to learn from: \(captions.path) has \(captions.all.count) captions"
      )
    }
    teacherFolder = try TeacherFolder(request.teacher)
    folder = AlignedModelFolder(request.output)
    try folder.check()
  }

  /// Trains, or goes on where it was stopped, and completes the model folder.
  ///
  /// - Parameters:
  ///   - quiet: fetch a language model, where that is needed, without a word.
  ///   - progress: called between steps; what it throws stops the work, and what was learned is kept.
  public func run(quiet: Bool = false, progress: (Event) throws -> Void = { _ in }) throws -> AlignmentReport
  {
    let origin = try LanguageModelOrigin(request.languageModel, teacher: teacherFolder, quiet: quiet)
    let whole = try LanguageModel(contentsOf: origin.url)
    let model = try request.layers.map(whole.keeping(layers:)) ?? whole
    let teacher = try teacherFolder.teacher(quiet: quiet)
    let null = try teacher.nullCondition()
    guard null.byteCount * captions.all.count <= Self.targetMemory else {
      throw AlignmentError.captions(
        "\(captions.path): the conditioning of \(captions.all.count) captions takes more than "
          + "\(Self.targetMemory >> 30) GB; use at most \(Self.targetMemory / max(null.byteCount, 1))")
    }
    let own =
      teacherFolder.isSignalTokenModel
      ? try ProjectorConfiguration(contentsOf: request.teacher.appending(path: "projector/config.json")) : nil
    let configuration = try request.configuration(
      teacher: teacherFolder, own: own, null: null, model: model)
    let student = try Student(configuration, model)
    let settings = try settings(configuration)
    if settings.trainsSignals, !student.reader.canTrainRows {
      throw AlignmentError.request(
        "\(origin.url.path): gradients pass through Llama-like models alone; --freeze-signals trains the projector "
          + "by itself")
    }

    let targets = try teach(teacher, null, progress)
    var start = ProjectorNetwork.initialParameters(configuration, seed: settings.seed)
    start[Student.rows] = try student.initialRows(seed: settings.seed)
    let (data, sample) = try read(student, start, targets: targets, null: null, settings, progress)
    let mean = data.mean()
    let scale = data.scale(settings.loss, mean: mean)
    guard scale > 0, scale.isFinite else {
      throw AlignmentError.teacher(
        "\(teacherFolder.url.path): gives all captions the same conditioning; there is nothing to learn")
    }
    let training = AlignmentTraining(
      settings: settings, student: student, data: data, scaling: StateScaling(sample, configuration.kind),
      lossScale: scale)
    start[ProjectorNetwork.ends(configuration.kind).last + ".bias"] = channelMeans(mean, configuration)

    let state = try train(training, start, progress)
    let report = try AlignmentReport(training, state)
    try complete(training, state, report, origin.of(model))
    return report
  }

  private func settings(_ configuration: ProjectorConfiguration) throws -> AlignmentSettings {
    let usesZeros = configuration.nullCondition == .zeros
    return AlignmentSettings(
      projector: configuration, trainsSignals: request.trainsSignals, loss: request.loss,
      steps: request.steps, batchSize: request.batchSize, learningRate: request.learningRate,
      warmUp: request.warmUp ?? min(50, request.steps / 10), weightDecay: request.weightDecay,
      captionDropout: usesZeros ? request.captionDropout ?? 0.1 : 0,
      heldOut: request.heldOut ?? max(1, min(100, captions.all.count / 10)),
      evaluateEvery: request.evaluateEvery, patience: request.patience, seed: request.seed)
  }

  /// The teacher's conditioning of each caption.
  private func teach(
    _ teacher: any Teacher, _ null: Tensor, _ progress: (Event) throws -> Void
  ) throws -> [Tensor] {
    var targets: [Tensor] = []
    for batch in batches {
      try progress(.teacherRead(targets.count, of: captions.all.count))
      let conditioning = try teacher.conditioning(Array(captions.all[batch]), of: captions)
      guard conditioning.isFinite, null.isFinite else {
        throw AlignmentError.teacher(
          "\(teacherFolder.url.path): the teacher gave NaN or infinity; its files are damaged")
      }
      guard Array(conditioning.shape.dropFirst()) == Array(null.shape.dropFirst()) else {
        throw AlignmentError.teacher(
          "\(teacherFolder.url.path): the conditioning of no prompt has shape \(null.shape), that of a caption "
            + "\(conditioning.shape)")
      }
      targets += (0..<batch.count).map { conditioning[$0..<$0 + 1] }
    }
    try progress(.teacherRead(targets.count, of: captions.all.count))
    return targets
  }

  /// The captions as the language model sees them, and its states at the first rows for some of them.
  private func read(
    _ student: Student, _ start: [String: Tensor], targets: [Tensor], null: Tensor,
    _ settings: AlignmentSettings, _ progress: (Event) throws -> Void
  ) throws -> (data: AlignmentData, sample: Tensor) {
    let (reader, decoder) = (student.reader, student.reader.model.decoder)
    guard let rows = start[Student.rows] else { preconditionFailure("no signal rows") }
    let inputs = student.inputs(Variable(constant: rows)).value
    let tokens = try captions.all.map { caption in
      let tokens = reader.tokens(caption.text)
      try captions.check(
        caption, tokens: tokens.count, room: decoder.contextLength - inputs.shape[0],
        of: "the language model \(decoder.source)")
      return tokens
    }
    let (trained, heldOut) = AlignmentData.split(tokens.count, heldOut: settings.heldOut, seed: settings.seed)
    let sampled = Set(trained.prefix(256))
    var sample: [Tensor] = []
    var states: [Tensor] = []
    var texts: [ReadText] = []
    var bytes = 0
    for batch in batches {
      try progress(.captionsRead(batch.lowerBound, of: tokens.count))
      if settings.trainsSignals {
        // Once there are too many to keep, only those are read whose states are needed now.
        if bytes > Self.memory, batch.allSatisfy({ !sampled.contains($0) }) { continue }
        let read = try reader.reading(Array(tokens[batch]))
        bytes += read.reduce(0) { $0 + $1.byteCount }
        if bytes <= Self.memory { texts += read } else { texts = [] }
        let kept = batch.filter(sampled.contains)
        guard !kept.isEmpty else { continue }
        let chosen = kept.map { read[$0 - batch.lowerBound] }
        sample.append(try reader.states(Variable(constant: inputs), after: chosen).value)
      } else {
        let all = try reader.states(inputs, after: Array(tokens[batch]))
        states += (0..<batch.count).map { all[$0..<$0 + 1] }
        sample += batch.filter(sampled.contains).map { states[$0] }
      }
    }
    try progress(.captionsRead(tokens.count, of: tokens.count))
    let reading: AlignmentData.Reading =
      !settings.trainsSignals ? .states(states) : bytes <= Self.memory ? .texts(texts) : .tokens
    let data = AlignmentData(
      targets: targets, null: null, trained: trained, heldOut: heldOut, tokens: tokens, reading: reading)
    return (data, Tensor.concatenating(sample))
  }

  private var batches: [Range<Int>] {
    stride(from: 0, to: captions.all.count, by: Self.atOnce).map {
      $0..<min($0 + Self.atOnce, captions.all.count)
    }
  }

  /// Where the last layer's bias starts: the mean over captions and tokens of each channel.
  private func channelMeans(_ mean: [Double], _ configuration: ProjectorConfiguration) -> Tensor {
    let (length, channels) = (configuration.queryCount, configuration.outputSize)
    return Tensor(
      doubles: (0..<channels).map { c in
        (0..<length).reduce(0.0) { $0 + mean[$1 * channels + c] } / Double(length)
      }, shape: [channels])
  }

  private func train(
    _ training: AlignmentTraining, _ start: [String: Tensor], _ progress: (Event) throws -> Void
  ) throws -> AlignmentState {
    var fingerprint = Fingerprint()
    for caption in captions.all { fingerprint.add(Array("\(caption.text)\n".utf8)) }
    for tensor in training.data.targets + [training.data.null] { fingerprint.add(tensor) }
    for values in [training.scaling.means, training.scaling.inverse] {
      fingerprint.add(Tensor(values, shape: [values.count]))
    }
    let (settings, mark) = (training.settings, fingerprint.text)
    var state = AlignmentState(parameters: start)
    if FileManager.default.fileExists(atPath: folder.stateFile.path) {
      state = try AlignmentState(
        contentsOf: folder.stateFile, start: start, settings: settings, fingerprint: mark)
    }
    try folder.makeWorkFolder()
    func save() throws { try state.write(to: folder.stateFile, settings: settings, fingerprint: mark) }
    if state.evaluations.isEmpty {
      try training.evaluate(&state)
      try save()
    }
    do {
      try progress(
        .started(
          step: state.step, of: settings.steps, captions: training.data.trained.count,
          heldOut: training.data.heldOut.count))
      while !training.isFinished(state) {
        if training.isEvaluationDue(state) {
          try training.evaluate(&state)
          try save()
        } else {
          try training.step(&state)
        }
        try progress(
          .step(
            state.step, of: settings.steps, loss: Double(state.losses.last ?? 0),
            heldOut: state.evaluations.last?.loss))
      }
    } catch let error as AlignmentError {
      throw error
    } catch {
      try save()
      throw error
    }
    return state
  }

  private func complete(
    _ training: AlignmentTraining, _ state: AlignmentState, _ report: AlignmentReport,
    _ languageModel: LanguageModelOrigin
  ) throws {
    let configuration = training.student.configuration
    var tensors = training.scaling.folded(into: state.best)
    if configuration.nullCondition == .learned { tensors["null_condition"] = training.data.null }
    let curve = folder.workFolder.appending(path: "loss.svg")
    try Data(LossCurve(state).svg.utf8).write(to: curve, options: .atomic)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
    try encoder.encode(report).write(
      to: folder.workFolder.appending(path: "report.json"), options: .atomic)
    try folder.complete(configuration, tensors, teacher: teacherFolder, languageModel: languageModel)
    try FileManager.default.removeItem(at: folder.stateFile)
  }
}
