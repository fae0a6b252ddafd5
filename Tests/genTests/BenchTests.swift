import Foundation
import TestSupport
import Testing

@Suite struct BenchTests {
  private func bench(_ place: Workplace, _ arguments: String...) throws -> Gen {
    try Gen(
      [
        "bench", "samplers", "--model", Workplace.model, "--reference-steps", "12", "--nfe", "3,6", "-p",
        "a girl", "--points", "64",
      ]
        + arguments, in: place.folder)
  }

  @Test func resultsOnAPipe() throws {
    try Workplace.with { place in
      let table = try bench(place, "--samplers", "ddim,euler_a", "-o", "out")
      #expect(table.status == 0, "\(table.errors)")
      #expect(table.output.contains("| ddim") && table.output.contains("| euler_a"))
      #expect(!table.errors.contains("\r") && !table.errors.contains("\u{1B}"))
      // Again, from the journal alone.
      let json = try bench(place, "--samplers", "ddim,euler_a", "-o", "out", "--json", "--quiet")
      #expect(json.status == 0 && json.errors == "" && json.output.hasPrefix("{"))
      let csv = try bench(place, "--samplers", "ddim,euler_a", "-o", "out", "--csv", "--quiet")
      #expect(csv.output.hasPrefix("sampler,") && csv.output.filter { $0 == "\n" }.count == 5)
      let quiet = try bench(place, "--samplers", "ddim,euler_a", "-o", "out", "--quiet")
      #expect((quiet.status, quiet.output, quiet.errors) == (0, "", ""))
      #expect(try place.files == ["out"])
      #expect(
        try contents(of: place.folder.appending(path: "out")) == [
          "error.svg", "journal.jsonl", "results.csv", "results.json", "results.md", "sheet.png",
        ])
    }
  }

  @Test(arguments: [
    (["--samplers", "warp"], ["warp"]), (["--samplers", ","], ["--samplers"]),
    (["--nfe", "0"], ["1...1000"]),
    (["--nfe", "5,x"], ["--nfe", "x"]), (["--nfe", ""], ["--nfe"]),
    (["--nfe", "1", "--samplers", "heun"], ["heun", "1"]),
    (["--seeds", "-1"], ["--seeds", "-1"]), (["--seeds", "99999999999999999999"], ["--seeds"]),
    (["--schedule", "warp"], ["warp"]), (["--max-sigma", "nan"], ["noisiest"]),
    (["--cfg-scale", "nan"], ["guidance"]),
    (["--reference-steps", "0"], ["1...1000"]), (["--csv", "--json"], ["--csv"]),
    (["--prompts", "empty.txt"], ["--prompt"]),
  ])
  func usage(_ arguments: [String], _ words: [String]) throws {
    try Workplace.with { place in
      let run = try Gen(
        ["bench", "samplers", "--model", Workplace.model, "-p", "a girl", "-o", "out"] + arguments,
        in: place.folder)
      #expect(run.status == 64, "\(run.errors)")
      #expect(run.output == "" && run.errorLines.count == 1)
      for word in words { #expect(run.errors.contains(word), "\(run.errors)") }
      #expect(try place.files == [])
    }
  }

  @Test func filesOfPrompts() throws {
    try Workplace.with { place in
      try Data("\n  \n".utf8).write(to: place.folder.appending(path: "empty.txt"))
      func run(_ file: String) throws -> Gen {
        try Gen(["bench", "samplers", "--model", Workplace.model, "--prompts", file], in: place.folder)
      }
      let empty = try run("empty.txt")
      #expect(empty.status == 64 && empty.errors.contains("empty.txt"))
      let missing = try run("missing.txt")
      #expect(missing.status == 1 && missing.errors.contains("missing.txt"))
      #expect(try place.files == ["empty.txt"])
    }
  }

  @Test func foreignFolders() throws {
    try Workplace.with { place in
      try Data().write(to: place.folder.appending(path: "letter.txt"))
      let run = try bench(place, "-o", ".")
      #expect(run.status == 1 && run.errorLines.count == 1 && run.errors.contains("not a benchmark's"))
      #expect(try place.files == ["letter.txt"])
    }
  }

  /// Ctrl-C leaves a journal of whole lines, and nothing half-written.
  @Test func stopsBetweenEvaluations() throws {
    try Workplace.with { place in
      let run = try Gen(
        [
          "bench", "samplers", "--model", Workplace.model, "--samplers", "ddim", "--nfe", "1000", "-p",
          "a girl", "--seeds",
          "1,2,3,4,5,6,7,8,9", "-o", "out", "--threads", "1",
        ], in: place.folder, stop: [SIGINT])
      #expect(run.status == 130 && run.errorLines.last == "gen: stopped", "\(run.errors)")
      #expect(run.output == "")
      let folder = place.folder.appending(path: "out")
      #expect(try contents(of: folder) == ["journal.jsonl"])
      let journal = try Data(contentsOf: folder.appending(path: "journal.jsonl"))
      #expect(journal.last == UInt8(ascii: "\n"))
      for line in journal.split(separator: UInt8(ascii: "\n")) {
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: line) }
      }
    }
  }
}
