import Checkpoints
import Foundation
import Tensors
import Training

/// A training between two steps: all that the next step depends on, so that a training that goes on from its file does
/// what one without a break would have done.
struct AlignmentState: Sendable {
  /// Steps done.
  var step = 0
  var parameters: [String: Tensor]
  var optimizer = AdamW()
  /// The parameters of the lowest loss on held-out captions, and their step.
  var best: [String: Tensor]
  var bestStep = 0
  /// Of each step done.
  var losses: [Float] = []
  /// On the held-out captions, at some steps.
  var evaluations: [Evaluation] = []

  struct Evaluation: Codable, Sendable, Equatable {
    let step: Int
    let loss: Double
  }

  init(parameters: [String: Tensor]) {
    self.parameters = parameters
    best = parameters
  }

  private struct Record: Codable {
    let settings: String
    let fingerprint: String
    let step: Int
    let bestStep: Int
    let evaluations: [Evaluation]
  }

  private static let groups = ["parameter", "mean", "square", "best"]

  func write(to url: URL, settings: AlignmentSettings, fingerprint: String) throws {
    var tensors = ["losses": Tensor(losses, shape: [losses.count])]
    for (group, values) in zip(Self.groups, [parameters, optimizer.means, optimizer.squares, best]) {
      for (name, tensor) in values { tensors["\(group).\(name)"] = tensor }
    }
    let record = Record(
      settings: try settings.json, fingerprint: fingerprint, step: step, bestStep: bestStep,
      evaluations: evaluations)
    let json = String(decoding: try JSONEncoder.sorted.encode(record), as: UTF8.self)
    try SafetensorsFile.write(tensors, metadata: ["alignment": json], to: url)
  }

  /// - Parameter start: what a new training begins with, which tells the names and shapes.
  init(
    contentsOf url: URL, start: [String: Tensor], settings: AlignmentSettings, fingerprint: String
  ) throws {
    let file = try SafetensorsFile(contentsOf: url)
    func damaged() -> AlignmentError { .folder("\(url.path): is damaged; remove its folder to start anew") }
    guard let json = file.metadata["alignment"],
      let record = try? JSONDecoder().decode(Record.self, from: Data(json.utf8))
    else { throw damaged() }
    try Self.compare(record, settings, fingerprint, folder: url.deletingLastPathComponent())
    self.init(parameters: start)
    var groups: [[String: Tensor]] = []
    for group in Self.groups {
      var values: [String: Tensor] = [:]
      for (name, expected) in start {
        let tensor = file.tensors["\(group).\(name)"]
        // Before the first step there are no means and squares, and rows that are not trained never have any.
        if tensor == nil, group == "mean" || group == "square" { continue }
        guard let tensor, tensor.shape == expected.shape, tensor.dtype == .float32, tensor.isFinite else {
          throw damaged()
        }
        values[name] = tensor
      }
      groups.append(values)
    }
    guard let losses = file.tensors["losses"]?.floats, losses.count == record.step, record.step >= 0,
      record.step <= settings.steps, (0...record.step).contains(record.bestStep),
      file.tensors.count == groups.reduce(1, { $0 + $1.count })
    else { throw damaged() }
    (parameters, best) = (groups[0], groups[3])
    optimizer = AdamW(stepCount: record.step, means: groups[1], squares: groups[2])
    (step, bestStep, self.losses, evaluations) = (record.step, record.bestStep, losses, record.evaluations)
  }

  private static func compare(
    _ record: Record, _ settings: AlignmentSettings, _ fingerprint: String, folder: URL
  ) throws {
    func members(_ json: String) -> [String: NSObject] {
      (try? JSONSerialization.jsonObject(with: Data(json.utf8))) as? [String: NSObject] ?? [:]
    }
    let (old, new) = (members(record.settings), members(try settings.json))
    let place = folder.deletingLastPathComponent().path
    let advice = "give the same options to go on with it, or name another --output"
    if let key = new.keys.sorted().first(where: { new[$0] != old[$0] }) {
      throw AlignmentError.folder("\(place): holds an alignment with another \(key); \(advice)")
    }
    guard record.fingerprint == fingerprint else {
      throw AlignmentError.folder(
        "\(place): holds an alignment with other captions, another teacher or another language model; \(advice)"
      )
    }
  }
}

extension JSONEncoder {
  /// Equal values have equal bytes.
  static var sorted: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }
}
