import ArgumentParser
import Foundation
import Generation
import Tensors

/// Which model to use.
struct ModelOptions: ParsableArguments {
  @Option(
    name: [.customShort("m"), .long],
    help:
      "A model: a folder as diffusers saves it, or a .safetensors, .ckpt or .gguf file (default: the built-in)."
  )
  var model: String?

  @Option(help: "A GGUF file or Hugging Face folder to use as the language model.")
  var llm: String?

  var folder: URL {
    get throws { try model.map { URL(filePath: $0) } ?? Self.defaultModel }
  }

  func files(_ choices: ModelChoices = ModelChoices()) throws -> ModelFiles {
    try ModelFiles(contentsOf: folder, choices)
  }

  var languageModel: URL? { llm.map { URL(filePath: $0) } }

  /// `weights/default`, looked for beside the program and in the folders above it, then in the working folder.
  private static var defaultModel: URL {
    get throws {
      var folder = Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent()
      var candidates: [URL] = []
      while let current = folder, current.path != "/" {
        candidates.append(current)
        folder = current.deletingLastPathComponent()
      }
      candidates.append(URL(filePath: FileManager.default.currentDirectoryPath))
      for candidate in candidates.map({ $0.appending(path: "weights/default") })
      where FileManager.default.fileExists(atPath: candidate.appending(path: "model_index.json").path) {
        return candidate
      }
      throw OutputError(
        "the built-in model weights/default was not found beside the program; name one by --model")
    }
  }
}

/// How loudly and on how many processors to work.
struct RunOptions: ParsableArguments {
  @Option(name: [.customShort("t"), .long], help: "Threads to use (default: one per processor).")
  var threads: Int?

  @Flag(name: .long, help: "Say nothing but errors.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "Say how long each part takes.")
  var verbose = false

  @Flag(name: .long, help: "Print one line of JSON on standard output.")
  var json = false

  /// With `--verbose`, says what happened since the last time.
  func log(_ what: String, since start: inout ContinuousClock.Instant) {
    let now = ContinuousClock().now
    if verbose && !quiet { printError(String(format: "%@ in %.2f s", what, (now - start) / .seconds(1))) }
    start = now
  }

  func apply() throws {
    if let threads { ThreadPool.threadCount = try threads.checked("--threads", 1...1024) }
    if let wish = ProcessInfo.processInfo.environment[Processor.variable],
      Processor(rawValue: wish).map({ $0 > .best }) ?? true
    {
      let known = Processor.allCases.filter { $0 <= .best }.map(\.rawValue)
      throw UsageError("\(Processor.variable) \(wish) is not one of \(known.joined(separator: ", "))")
    }
    Interrupt.install()
  }
}
