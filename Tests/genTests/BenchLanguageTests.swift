import Foundation
import TestSupport
import Testing

@Suite struct BenchLanguageTests {
  @Test func reportsWhatWasAsked() throws {
    struct Report: Decodable {
      let model: String
      let promptTokens: Int
      let writtenTokens: Int
      let readTokensPerSecond: Double
      let writtenTokensPerSecond: Double
    }
    try Workplace.with { place in
      let arguments = [
        "bench", "language", "--llm", Workplace.model + "/llm", "--prompt", "20", "--tokens", "4",
      ]
      let run = try Gen(arguments + ["--rounds", "2", "--json"], in: place.folder)
      #expect(run.status == 0, "\(run.errors)")
      let report = try JSONDecoder().decode(Report.self, from: Data(run.output.utf8))
      #expect(report.model == "llm" && report.promptTokens == 20 && report.writtenTokens == 4)
      #expect(report.readTokensPerSecond > 0 && report.writtenTokensPerSecond > 0)
      let table = try Gen(arguments, in: place.folder)
      #expect(table.status == 0 && table.output.contains("reading 20 tokens: "))
      for (wrong, status) in [("0", 64), ("-1", 64), ("1000", 1)] as [(String, Int32)] {
        let run = try Gen(
          ["bench", "language", "--llm", Workplace.model + "/llm", "--prompt=\(wrong)"], in: place.folder)
        #expect(run.status == status && run.errorLines.count == 1, "\(run.errors)")
      }
    }
  }
}
