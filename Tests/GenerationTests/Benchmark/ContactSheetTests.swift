import Testing

@testable import Generation

@Suite struct ContactSheetTests {
  private func picture(_ shade: UInt8, size: Int = 128) -> Picture {
    Picture(width: size, height: size, pixels: Array(repeating: shade, count: size * size * 3))
  }

  @Test func picturesLieInTheirPlaces() {
    let sheet = ContactSheet(
      columns: ["5", "10"],
      rows: [
        .init(label: "ddim", pictures: [picture(10), picture(90)]),
        .init(label: "euler_a", pictures: [nil, picture(200)]),
      ]
    ).drawn()
    func shade(_ x: Int, _ y: Int) -> UInt8 { sheet.pixels[(y * sheet.width + x) * 3] }
    let labels = 7 * 12 + 8
    #expect((sheet.width, sheet.height) == (labels + 2 * 68 + 4, 22 + 2 * 68))
    #expect(shade(labels + 32, 22 + 32) == 10)
    #expect(shade(labels + 68 + 32, 22 + 32) == 90)
    #expect(shade(labels + 32, 22 + 68 + 32) == 246)
    #expect(shade(labels + 68 + 32, 22 + 68 + 32) == 200)
  }

  @Test func pixelsAreMeans() {
    // Columns of 0 and 200 become 100.
    let striped = Picture(
      width: 128, height: 128,
      pixels: (0..<128 * 128).flatMap { Array(repeating: $0 % 2 == 0 ? 0 : 200, count: 3) })
    let sheet = ContactSheet(columns: ["5"], rows: [.init(label: "", pictures: [striped])]).drawn()
    #expect(sheet.pixels[(60 * sheet.width + 40) * 3] == 100)
  }

  @Test func oddShapesFit() {
    let wide = Picture(width: 72, height: 8, pixels: Array(repeating: 7, count: 72 * 8 * 3))
    let rows = (0..<30).map { ContactSheet.Row(label: "row \($0)", pictures: [wide, nil]) }
    let sheet = ContactSheet(columns: ["1", "2"], rows: rows).drawn()
    #expect(sheet.pixels.filter { $0 == 7 }.count == 30 * 64 * 7 * 3)
  }
}
