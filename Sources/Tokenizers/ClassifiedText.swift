/// The characters of a text with their classes, looked up once for all pre-tokenizer steps.
struct ClassifiedText: Sendable {
  private(set) var scalars: [Unicode.Scalar]
  private(set) var classes: [CharacterClass]

  init(_ text: some Sequence<Unicode.Scalar>) {
    scalars = Array(text)
    classes = scalars.map(CharacterClass.init)
  }

  var count: Int { scalars.count }

  mutating func append(_ scalar: Unicode.Scalar) {
    scalars.append(scalar)
    classes.append(CharacterClass(scalar))
  }

  mutating func append(_ other: ClassifiedText, _ range: Range<Int>) {
    scalars.append(contentsOf: other.scalars[range])
    classes.append(contentsOf: other.classes[range])
  }

  /// The end of the run of characters of that class which starts at `start`, before `limit`.
  func endOfRun(of kind: CharacterClass, from start: Int, limit: Int) -> Int {
    var end = start
    while end < limit, classes[end] == kind { end += 1 }
    return end
  }

  /// The class at an index, nil at the limit.
  func kind(at index: Int, limit: Int) -> CharacterClass? { index < limit ? classes[index] : nil }
}
