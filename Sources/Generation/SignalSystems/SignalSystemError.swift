/// Why a published system's checkpoint cannot be made a model folder, in one line.
public enum SignalSystemError: Error, Equatable, CustomStringConvertible {
  /// A tensor that only another checkpoint of the system holds.
  case missing(String, source: String, hint: String)
  case noCheckpoint(String)
  case wrongShape(String, found: [Int], expected: String, source: String)
  case notFinite(String, source: String)
  case unread([String], source: String)
  case duplicate(String, first: String, second: String)
  case unsupported(String, source: String)
  case vocabulary(String)
  case languageModel(String)
  case diffusion(String)
  case exists(String)
  case cannotWrite(String)

  public var description: String {
    switch self {
    case .missing(let name, let source, let hint): "\(source): tensor \(name) is missing; \(hint)"
    case .noCheckpoint(let what): what
    case .wrongShape(let name, let found, let expected, let source):
      "\(source): tensor \(Self.line(name)) has shape \(found), expected \(expected)"
    case .notFinite(let name, let source):
      "\(source): tensor \(Self.line(name)) holds NaN or infinity; the file is damaged"
    case .unread(let names, let source):
      "\(source): nothing uses tensor \(Self.line(names[0]))"
        + (names.count > 1 ? " and \(names.count - 1) more" : "") + "; is it a checkpoint of another system?"
    case .duplicate(let name, let first, let second):
      "tensor \(Self.line(name)) is in both \(first) and \(second)"
    case .unsupported(let what, let source): "\(source): \(what) is not supported"
    case .vocabulary(let what), .languageModel(let what), .diffusion(let what), .cannotWrite(let what): what
    case .exists(let path): "\(path) is there already; name another folder by -o"
    }
  }

  /// A name from a file as it may appear in a message.
  private static func line(_ name: String) -> String {
    String(String.UnicodeScalarView(name.unicodeScalars.prefix(120).map { $0.value < 32 ? "?" : $0 }))
  }
}
