import Checkpoints
import Foundation
import Layers
import LanguageModels
import Projectors
import Tensors

/// The folder that a training makes: its state while it lasts, a whole model in the end.
struct AlignedModelFolder {
  let url: URL
  private let files = FileManager.default

  /// Where the training keeps what it needs to go on, and in the end what tells how it went.
  var workFolder: URL { url.appending(path: "alignment") }
  var stateFile: URL { workFolder.appending(path: "state.safetensors") }

  init(_ url: URL) { self.url = url }

  /// Fails if the folder holds anything but a training that was stopped, or could not be written to.
  func check() throws(AlignmentError) {
    var isDirectory: ObjCBool = false
    if files.fileExists(atPath: url.path, isDirectory: &isDirectory) {
      guard isDirectory.boolValue else { throw .folder("\(url.path): is a file; --output names a folder") }
      guard let names = try? files.contentsOfDirectory(atPath: url.path) else {
        throw .folder("\(url.path): cannot be read")
      }
      let holdsState = files.fileExists(atPath: stateFile.path)
      guard names.isEmpty || holdsState else {
        throw .folder(
          names.contains("model_index.json")
            ? "\(url.path): holds a model already; name another --output"
            : "\(url.path): holds something else (\(names.sorted()[0])); name another --output")
      }
    }
    // Permission bits do not tell all: only making a file shows that one can be made.
    let folder = isDirectory.boolValue ? url : url.deletingLastPathComponent()
    let probe = folder.appending(path: ".\(url.lastPathComponent).\(getpid()).part")
    let descriptor = open(probe.path, O_CREAT | O_WRONLY | O_EXCL, 0o666)
    guard descriptor >= 0 else { throw .folder("\(folder.path): \(String(cString: strerror(errno)))") }
    close(descriptor)
    unlink(probe.path)
  }

  func makeWorkFolder() throws(AlignmentError) {
    do {
      try files.createDirectory(at: workFolder, withIntermediateDirectories: true)
    } catch {
      throw .folder("\(workFolder.path): cannot be made")
    }
  }

  /// Completes the model: its projector, the language model, and the teacher's diffusion model. Each part is made aside and
  /// moved to its place; `model_index.json` comes last.
  func complete(
    _ configuration: ProjectorConfiguration, _ tensors: [String: Tensor], teacher: TeacherFolder,
    languageModel: LanguageModelOrigin
  ) throws {
    let aside = workFolder.appending(path: "parts")
    try? files.removeItem(at: aside)
    func part(_ name: String, _ fill: (URL) throws -> Void) throws {
      let folder = aside.appending(path: name)
      let place = url.appending(path: name)
      try files.createDirectory(at: folder, withIntermediateDirectories: true)
      try fill(folder)
      try? files.removeItem(at: place)
      try files.moveItem(at: folder, to: place)
    }
    try part("projector") { folder in
      try SafetensorsFile.write(tensors, to: folder.appending(path: "model.safetensors"))
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
      try encoder.encode(configuration).write(to: folder.appending(path: "config.json"), options: .atomic)
    }
    try part("llm") { try languageModel.place(in: $0) }
    var parts = ["unet", "vae", "scheduler"]
    if configuration.nullCondition == .text { parts += ["text_encoder", "tokenizer"] }
    for name in parts {
      try part(name) { try linkFiles(of: teacher.url.appending(path: name), into: $0) }
    }
    try? files.removeItem(at: aside)
    try index(configuration, teacher, parts: parts, languageModel: languageModel.className)
      .write(to: url.appending(path: "model_index.json"), options: .atomic)
  }

  private func index(
    _ configuration: ProjectorConfiguration, _ teacher: TeacherFolder, parts: [String], languageModel: String
  ) throws -> Data {
    var entries: [String: Setting] = [
      "_class_name": .string("SignalTokenPipeline"),
      "projector": .list([.string("voken"), .string(configuration.kind.rawValue)]),
      "llm": .list([.string("transformers"), .string(languageModel)]),
    ]
    for key in parts + ["guidance_scale"] { entries[key] = teacher.index[key] }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    return try encoder.encode(entries.mapValues(EncodedSetting.init))
  }
}

/// Gives `folder` the files of `source`: weights as further names of the same files where the file system can, which
/// takes no space; all else as copies, which may be edited.
func linkFiles(of source: URL, into folder: URL) throws {
  let files = FileManager.default
  for name in try files.contentsOfDirectory(atPath: source.path).sorted() where !name.hasPrefix(".") {
    let file = source.appending(path: name).resolvingSymlinksInPath()
    guard try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else { continue }
    try linkFile(file, to: folder.appending(path: name))
  }
}

func linkFile(_ file: URL, to target: URL) throws {
  let isWeights = ["safetensors", "gguf", "bin"].contains(file.pathExtension)
  if isWeights, link(file.path, target.path) == 0 { return }
  try FileManager.default.copyItem(at: file, to: target)
}

private struct EncodedSetting: Encodable {
  let setting: Setting

  init(_ setting: Setting) { self.setting = setting }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch setting {
    case .null: try container.encodeNil()
    case .flag(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .list(let values): try container.encode(values.map(Self.init))
    case .object(let values): try container.encode(values.mapValues(Self.init))
    }
  }
}
