import Foundation
import TestSupport
import Testing

@Suite struct BenchSpeedTests {
  struct Report: Decodable {
    struct Part: Decodable {
      struct Row: Decodable {
        let kind: String
        let seconds: Double
        let gflop: Double
      }
      let name: String
      let seconds: Double
      let rows: [Row]
    }
    struct Peak: Decodable {
      let kernel: Double
      let blas: Double
    }
    let precision: String
    let peak: Peak
    let parts: [Part]
    let relativeError: Double?
  }

  let model = Fixture.url("pipeline/sd1").path

  @Test func reports() throws {
    try withTemporaryFolder { folder in
      let run = try Gen(
        ["bench", "speed", "-m", model, "--rounds", "1", "--precision", "bf16", "--compare", "--json"],
        in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let report = try JSONDecoder().decode(Report.self, from: Data(run.output.utf8))
      #expect(report.precision == "bf16" && report.peak.kernel > 0 && report.peak.blas > 0)
      #expect(report.parts.map { $0.name.prefix(4) } == ["UNet", "deco"])
      for part in report.parts {
        // Operations take no longer than the whole.
        let sum = part.rows.reduce(0) { $0 + $1.seconds }
        #expect(abs(sum - part.seconds) < 1e-6)
        #expect(part.rows.contains { $0.kind == "3×3 convolutions" && $0.gflop > 0 })
      }
      let error = try #require(report.relativeError)
      #expect(error > 0 && error < 0.05)
    }
  }

  @Test func table() throws {
    try withTemporaryFolder { folder in
      let run = try Gen(["bench", "speed", "-m", model, "--rounds", "1", "--only-unet"], in: folder)
      #expect(run.status == 0 && run.output.contains("3×3 convolutions") && !run.output.contains("decoding"))
    }
  }

  @Test(arguments: [["--rounds", "0"], ["--width", "9"], ["--precision", "f8"]])
  func usage(_ arguments: [String]) throws {
    try withTemporaryFolder { folder in
      let run = try Gen(["bench", "speed", "-m", model] + arguments, in: folder)
      #expect(run.status == 64 && run.errorLines.count == 1, "\(run.errors)")
    }
  }

  @Test func processors() throws {
    try withTemporaryFolder { folder in
      let run = try Gen(
        ["a girl", "-m", model, "--steps", "1"], in: folder, environment: ["VOKEN_CPU": "z80"])
      #expect(run.status == 64 && run.errors.contains("VOKEN_CPU z80 is not one of generic"))
      let plain = try Gen(
        ["a girl", "-m", model, "--steps", "1", "--quiet"], in: folder, environment: ["VOKEN_CPU": "generic"])
      #expect(plain.status == 0, "\(plain.errors)")
    }
  }
}
