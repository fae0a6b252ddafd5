import ArgumentParser

/// How large pictures are.
struct SizeOptions: ParsableArguments {
  @Option(name: [.customShort("W"), .long], help: "Pixels (default: what the model was trained at).")
  var width: Int?

  @Option(name: [.customShort("H"), .long], help: "Pixels (default: what the model was trained at).")
  var height: Int?
}
