import ArgumentParser
import Foundation
import Generation
import Tensors

extension ModelConversion.ElementType: ExpressibleByArgument {}

/// `gen convert IN OUT`.
struct Convert: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a model in another layout or type.",
    discussion: """
      IN is a model as --model takes it. OUT's ending says what to write: .safetensors or .gguf for a single file, \
      anything else for a folder in diffusers' layout.
      """)

  @Argument(help: "The model to read.")
  var input: String

  @Argument(help: "Where to write.")
  var output: String

  @Option(help: "f32, f16, bf16, or for .gguf also q8_0 and q4_0 (default: as stored).")
  var type: ModelConversion.ElementType?

  @Flag(help: "Replace what is there.")
  var force = false

  @Flag(name: .long, help: "Say nothing but errors.")
  var quiet = false

  @Option(name: .shortAndLong, help: "Threads to use (default: one per processor).")
  var threads: Int?

  func run() throws {
    Interrupt.install()
    if let threads {
      guard (1...1024).contains(threads) else { throw UsageError("--threads \(threads) is outside 1...1024") }
      ThreadPool.threadCount = threads
    }
    let target = URL(filePath: output)
    var report = ProgressReport(label: "tensors ")
    do {
      try ModelConversion(ModelFiles(contentsOf: URL(filePath: input)), type: type)
        .write(to: target, replaces: force) { written, total in
          try Interrupt.check()
          if !quiet { report.update(completed: written, total: total) }
        }
    } catch let error as ConversionError {
      throw UsageError("\(error)")
    }
    if !quiet { print(target.relativePath) }
  }
}
