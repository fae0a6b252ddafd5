import Foundation

extension SamplerBenchmark {
  /// Writes what a benchmark found into its folder: `results.json`, `results.csv`, `results.md`, `error.svg` and
  /// `sheet.png`, each aside and then renamed.
  public func write(_ results: BenchmarkResults, to folder: URL) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let files = [
      ("results.json", try encoder.encode(results) + Data("\n".utf8)),
      ("results.csv", Data(results.csv.utf8)),
      ("results.md", Data(results.table.utf8)), ("error.svg", Data(results.plot.utf8)),
    ]
    for (name, data) in files {
      do {
        try data.write(to: folder.appending(path: name), options: .atomic)
      } catch {
        throw BenchmarkError.unusable(folder.appending(path: name).path, reason: "cannot be written")
      }
    }
    try PNGFile.write(contactSheet(), to: folder.appending(path: "sheet.png"))
  }
}
