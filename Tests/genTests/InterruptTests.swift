import Foundation
import Testing

@Suite struct InterruptTests {
  private static let long = [
    "a girl", "-m", Workplace.model, "--steps", "1000", "-W", "256", "-H", "256", "--threads", "1", "-b",
    "100",
  ]

  @Test(arguments: [SIGINT, SIGTERM]) func stopsBetweenSteps(_ signal: Int32) throws {
    try Workplace.with { place in
      let run = try Gen(Self.long, in: place.folder, stop: [signal])
      #expect(run.status == 130)
      #expect(run.output == "")
      #expect(run.errorLines.last == "gen: stopped")
      #expect(try place.files == [])
    }
  }
}
