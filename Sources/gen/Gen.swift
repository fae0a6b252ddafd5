import ArgumentParser
import DiffusionModels
import Foundation
import Generation
import Samplers

/// The command: it only parses, calls and prints.
@main
struct Gen: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gen", abstract: "Draw pictures from text, through a language model.",
    discussion: "gen \"a girl reading\" --steps 30   (all options: gen draw --help)",
    version: "Voken \(vokenVersion)",
    subcommands: [
      Draw.self, Story.self, Chat.self, Complete.self, Convert.self, Align.self, Info.self,
      ListSamplers.self, WeightsCommand.self, Bench.self, Decode.self, PlanCommand.self,
    ],
    defaultSubcommand: Draw.self)

  /// Runs a command; whatever goes wrong is one line on standard error, and status 64 (usage), 130 (stopped) or 1.
  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let error where error is CancellationError || Interrupt.isRequested {
      printError("gen: stopped")
      Foundation.exit(130)
    } catch let error as UsageError {
      printError("gen: \(error.message)")
      Foundation.exit(EX_USAGE)
    } catch {
      let code = exitCode(for: error)
      guard code != .success else { exit(withError: error) }
      let lines = message(for: error).split(whereSeparator: \.isNewline)
      printError("gen: \(lines.joined(separator: " "))")
      Foundation.exit(code.rawValue)
    }
  }
}

/// A wish that cannot be granted as it was put: exit status 64.
struct UsageError: Error {
  let message: String
  init(_ message: String) { self.message = message }
}

/// Errors that say the request was wrong, and not the files, are errors of usage.
func asUsage<T>(_ body: () throws -> T) throws -> T {
  do {
    return try body()
  } catch let error as SamplerError {
    throw UsageError("\(error)")
  } catch InputError.unknownLayer(let layer) {
    throw UsageError("--pag-layers: \(InputError.unknownLayer(layer))")
  } catch let error as BenchmarkError {
    switch error {
    case .nothing, .evaluations, .tooFewEvaluations: throw UsageError("\(error)")
    default: throw error
    }
  } catch let error as GenerationError {
    switch error {
    case .wrongSize, .wrongPictureSize, .wrongGuidance, .wrongClipSkip, .wrongScale, .wrongStepSaving,
      .incompleteTask:
      throw UsageError("\(error)")
    default: throw error
    }
  }
}

func printError(_ line: String) { writeError("\(line)\n") }

/// Writes to standard error, if anybody is there to read it: `FileHandle` would end the process if not.
func writeError(_ text: String) {
  var text = text
  text.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
}

/// One line of JSON with sorted keys.
func printJSON(_ value: some Encodable) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  print(String(decoding: try encoder.encode(value), as: UTF8.self))
}
