import Foundation
import TestSupport
import Testing

@Suite struct BenchSavingsTests {
  private struct Row: Decodable {
    let options: String
    let seconds, speedup, latentError, pictureError: Double
  }

  @Test func comparesWithTheFullPicture() throws {
    try Workplace.with { place in
      let model = Fixture.url("pipeline/sd1").path
      let run = try Gen(["bench", "savings", "-m", model, "--steps", "6", "--json"], in: place.folder)
      #expect(run.status == 0, "\(run.errors)")
      let rows = try JSONDecoder().decode([Row].self, from: Data(run.output.utf8))
      #expect(rows.count == 10 && Set(rows.map(\.options)).count == rows.count)
      #expect(rows[0].latentError == 0 && rows[0].pictureError == 0 && rows[0].speedup == 1)
      for row in rows.dropFirst() {
        #expect(row.latentError > 0 && row.latentError.isFinite && row.seconds > 0, "\(row.options)")
      }
      #expect(try place.files == [])
    }
  }

  @Test(arguments: [["--steps", "0"], ["--width", "63"], ["--precision", "f8"]])
  func wrongRequests(_ arguments: [String]) throws {
    try Workplace.with { place in
      let run = try Gen(
        ["bench", "savings", "-m", Fixture.url("pipeline/sd1").path] + arguments, in: place.folder)
      #expect(run.status == 64 && run.output.isEmpty, "\(run.errors)")
    }
  }
}
