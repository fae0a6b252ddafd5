import Testing

@testable import Checkpoints

struct JSONScannerTests {
  private func scan<R>(_ json: String, _ read: (inout JSONScanner) throws(Fault) -> R) -> Result<R, Fault> {
    Array(json.utf8).withUnsafeBytes { bytes in
      var scanner = JSONScanner(bytes)
      return Result { () throws(Fault) in
        let value = try read(&scanner)
        try scanner.end()
        return value
      }
    }
  }

  @Test(arguments: [
    (#""""#, ""), (#" "plain" "#, "plain"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
    (#""\u00e9\ud83e\udd8a""#, "é🦊"), (#""naïve""#, "naïve"),
  ])
  func strings(json: String, expected: String) throws {
    #expect(try scan(json) { (scanner) throws(Fault) in try scanner.string() }.get() == expected)
  }

  @Test(arguments: [
    #""open"#, #""\x""#, #""\u12""#, #""\ud83e""#, #""\ud83e\u0041""#, #""\udd8a""#, "\"line\nbreak\"", "'a'",
    "",
  ])
  func badStrings(json: String) {
    #expect(throws: Fault.self) { try scan(json) { (scanner) throws(Fault) in try scanner.string() }.get() }
  }

  @Test(arguments: ["-1", "1.0", "1e3", "01", "true", "", "9223372036854775808", "\"1\""])
  func badNaturals(json: String) {
    #expect(throws: Fault.self) { try scan(json) { (scanner) throws(Fault) in try scanner.natural() }.get() }
  }

  @Test(arguments: ["0", " 42 ", "9223372036854775807"])
  func naturals(json: String) throws {
    let value = try scan(json) { (scanner) throws(Fault) in try scanner.natural() }.get()
    #expect("\(value)" == json.filter { $0 != " " })
  }

  @Test(arguments: ["null", "true", "-1.5e-3", "[]", "{}", #"[1, {"a": [null, "x"]}, false]"#])
  func skips(json: String) throws {
    try scan(json) { (scanner) throws(Fault) in try scanner.skipValue() }.get()
  }

  @Test(arguments: [
    "nul", "+1", "1.", "-", "nan", "infinity", "0x10", "[1,]", "{,}", #"{"a" 1}"#, "[1 2]", "[}", "1 2",
  ])
  func badValues(json: String) {
    #expect(throws: Fault.self) {
      try scan(json) { (scanner) throws(Fault) in try scanner.skipValue() }.get()
    }
  }

  @Test(arguments: ["[", #"{"a":"#])
  func deepNesting(opening: String) {
    let bomb = String(repeating: opening, count: 100_000)
    let result = scan(bomb) { (scanner) throws(Fault) in try scanner.skipValue() }
    #expect(throws: Fault("JSON is nested deeper than 64 levels")) { try result.get() }
  }
}
