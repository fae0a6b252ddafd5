import Foundation

/// What a benchmark has measured so far, a line of JSON each in `journal.jsonl`: a run that is cut off goes on from here.
final class BenchmarkJournal {
  /// What a journal is a journal of. Samplers and budgets may be added later; these may not change.
  struct Header: Codable, Equatable {
    var format = 1
    let model: String
    /// Nil: the same levels for all samplers.
    let schedule: String?
    let start: Int
    let referenceSteps: Int
    let guidanceScale: Float
    let size: [Int]
    let prompts: [String]
    let seeds: [UInt64]
    let points: Int
    /// One evaluation of the network, which tells models of the same name apart.
    let probe: Data
  }

  struct Entry: Codable {
    /// What was measured, like `run 0 42 ddim 10`.
    let key: String
    var evaluations: Int?
    var seconds: Double?
    /// Bytes of the process at most while this ran; nil where the system does not say.
    var peakMemory: Int?
    /// Single-precision numbers, little-endian.
    var latents: [Data]?
    var distance: Double?
    /// Bytes that each further step left allocated.
    var growth: Double?
  }

  private let url: URL
  private let handle: FileHandle
  private(set) var entries: [String: Entry]

  /// Opens the journal of a folder, or makes both.
  init(folder: URL, header: Header) throws {
    url = folder.appending(path: "journal.jsonl")
    let files = FileManager.default
    var isDirectory: ObjCBool = false
    if files.fileExists(atPath: folder.path, isDirectory: &isDirectory) {
      guard isDirectory.boolValue else {
        throw BenchmarkError.unusable(folder.path, reason: "is a file and not a folder")
      }
      guard files.fileExists(atPath: url.path) || Self.isEmpty(folder) else {
        throw BenchmarkError.occupied(folder.path)
      }
    } else {
      do {
        try files.createDirectory(at: folder, withIntermediateDirectories: true)
      } catch {
        throw BenchmarkError.unusable(folder.path, reason: "cannot be made")
      }
    }
    let existing = (try? Data(contentsOf: url)) ?? Data()
    // A line that was cut off is not there.
    let whole = existing.lastIndex(of: UInt8(ascii: "\n")).map { existing[...$0] } ?? Data()
    let lines = whole.split(separator: UInt8(ascii: "\n"))
    if let first = lines.first {
      guard let found = try? JSONDecoder().decode(Header.self, from: first) else {
        throw BenchmarkError.unusable(url.path, reason: "is not a benchmark's journal, or a newer one")
      }
      if let difference = header.difference(from: found) {
        throw BenchmarkError.otherBenchmark(folder.path, reason: difference)
      }
    }
    entries = [:]
    for line in lines.dropFirst() {
      guard let entry = try? JSONDecoder().decode(Entry.self, from: line) else { continue }
      entries[entry.key] = entry
    }
    do {
      if !files.fileExists(atPath: url.path) { try Data().write(to: url) }
      handle = try FileHandle(forWritingTo: url)
      try handle.truncate(atOffset: UInt64(whole.count))
      try handle.seekToEnd()
    } catch {
      throw BenchmarkError.unusable(url.path, reason: "cannot be written")
    }
    if lines.isEmpty { try write(header) }
  }

  func record(_ entry: Entry) throws {
    try write(entry)
    entries[entry.key] = entry
  }

  private func write(_ value: some Encodable) throws {
    do {
      try handle.write(contentsOf: JSONEncoder().encode(value) + Data("\n".utf8))
    } catch {
      throw BenchmarkError.unusable(url.path, reason: "cannot be written")
    }
  }

  private static func isEmpty(_ folder: URL) -> Bool {
    (try? FileManager.default.contentsOfDirectory(atPath: folder.path))?.isEmpty ?? false
  }
}

extension BenchmarkJournal.Header {
  /// What another header has otherwise; nil if nothing that matters.
  func difference(from other: Self) -> String? {
    if format != other.format { return "another format" }
    if model != other.model { return "model \(other.model)" }
    if schedule != other.schedule { return "schedule \(other.schedule ?? "none")" }
    if start != other.start { return "runs from timestep \(other.start)" }
    if referenceSteps != other.referenceSteps { return "\(other.referenceSteps) reference steps" }
    if guidanceScale != other.guidanceScale { return "guidance scale \(other.guidanceScale)" }
    if size != other.size { return "another size" }
    if prompts != other.prompts { return "other prompts" }
    if points != other.points { return "\(other.points) points" }
    if seeds != other.seeds { return "other seeds" }
    // Another processor's last bits do not make another model.
    return relativeRMSE(probe.floats, other.probe.floats) < 1e-3 ? nil : "other weights of \(model)"
  }
}

extension Data {
  init(floats: [Float]) {
    self = floats.withUnsafeBytes { Data($0) }
  }

  var floats: [Float] {
    withUnsafeBytes { bytes in
      (0..<count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
    }
  }
}
