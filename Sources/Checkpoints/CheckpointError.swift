/// A checkpoint file that cannot be used: one line that names the file and what is wrong with it.
public struct CheckpointError: Error, Equatable, CustomStringConvertible {
  public let file: String
  public let fault: String

  public init(file: String, fault: String) {
    self.file = file
    self.fault = fault
  }

  public var description: String { "\(file): \(fault)" }
}

/// What is wrong inside a file, before anyone has said which file it is.
struct Fault: Error, Equatable {
  let message: String
  init(_ message: String) { self.message = message }
}

/// Runs `body` and names `file` in whatever fault it finds.
func naming<R>(_ file: String, _ body: () throws(Fault) -> R) throws(CheckpointError) -> R {
  do {
    return try body()
  } catch {
    throw CheckpointError(file: file, fault: error.message)
  }
}

/// A name from a file as it may appear in a one-line message: no control characters, not too long.
func printable(_ name: String) -> String {
  let line = name.unicodeScalars.prefix(120).map {
    $0.properties.generalCategory == .control ? "?" : String($0)
  }
  return line.joined() + (name.unicodeScalars.count > 120 ? "…" : "")
}

func quoted(_ name: String) -> String { "“\(printable(name))”" }
