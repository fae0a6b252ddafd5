import Foundation
import TestSupport

/// A run of the built `gen`: how it ended and what it said.
struct Gen {
  let status: Int32
  let output: String
  let errors: String

  var errorLines: [Substring] { errors.split(separator: "\n", omittingEmptySubsequences: false).dropLast() }

  /// Runs to the end.
  /// - Parameters:
  ///   - folder: the working folder.
  ///   - changes: to the environment.
  ///   - signals: to send once `words`, or anything where nil, is on standard error.
  init(
    _ arguments: [String], in folder: URL, environment changes: [String: String] = [:],
    stop signals: [Int32] = [], after words: String? = nil
  ) throws {
    let process = Process()
    process.executableURL = try Self.executable
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.environment = ProcessInfo.processInfo.environment.merging(changes) { $1 }
    // Only one end is a pipe, so that neither can fill up while the other is read.
    let log = FileManager.default.temporaryDirectory.appending(path: "gen-\(UUID().uuidString).out")
    try Data().write(to: log)
    defer { try? FileManager.default.removeItem(at: log) }
    process.standardOutput = try FileHandle(forWritingTo: log)
    process.standardInput = FileHandle.nullDevice
    let pipe = Pipe()
    process.standardError = pipe
    try process.run()
    var errors = Data()
    if !signals.isEmpty {
      repeat {
        let more = pipe.fileHandleForReading.availableData
        if more.isEmpty { break }
        errors.append(more)
      } while words.map { errors.range(of: Data($0.utf8)) == nil } ?? false
      for signal in signals { kill(process.processIdentifier, signal) }
    }
    errors.append(pipe.fileHandleForReading.readDataToEndOfFile())
    process.waitUntilExit()
    status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    output = String(decoding: try Data(contentsOf: log), as: UTF8.self)
    self.errors = String(decoding: errors, as: UTF8.self)
  }

  /// `gen`, beside the tests or above them: where they lie differs between systems.
  static var executable: URL {
    get throws {
      let places =
        Bundle.allBundles.map(\.bundleURL) + [Bundle.main.executableURL].compactMap(\.self)
        + CommandLine.arguments.map { URL(filePath: $0) }
      for var place in places {
        while place.pathComponents.count > 2 {
          place.deleteLastPathComponent()
          let candidate = place.appending(path: "gen")
          let isFile = try? candidate.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile
          if isFile == true, FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
        }
      }
      throw CocoaError(.fileNoSuchFile)
    }
  }
}

/// Where a test runs `gen`: an empty folder to write to.
struct Workplace {
  let folder: URL

  /// The tiny model.
  static let model = Fixture.url("pipeline/signal").path

  static func with<R>(_ body: (Workplace) throws -> R) throws -> R {
    try withTemporaryFolder { try body(Workplace(folder: $0)) }
  }

  func gen(_ arguments: String..., environment: [String: String] = [:]) throws -> Gen {
    try Gen(arguments, in: folder, environment: environment)
  }

  /// Four steps with the tiny model, to output.png.
  func draw(_ arguments: String...) throws -> Gen {
    try Gen(["--model", Self.model, "--steps", "4"] + arguments, in: folder)
  }

  var files: [String] {
    get throws { try contents(of: folder) }
  }

  func data(_ file: String) throws -> Data { try Data(contentsOf: folder.appending(path: file)) }
}
