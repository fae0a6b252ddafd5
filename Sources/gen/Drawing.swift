import Foundation
import Generation

/// A batch being drawn: says how far it is, writes what is finished, and keeps latents until they are decoded.
struct Drawing {
  let request: GenerationRequest
  let count: Int
  let path: OutputPath
  let preview: URL?
  let options: RunOptions
  private var phase = ContinuousClock().now
  private var report = ProgressReport(label: "")
  private(set) var written: [Image] = []
  /// Latents on disk whose picture is not there yet.
  private var kept: [URL] = []

  struct Image: Encodable {
    let path: String
    let seed: UInt64
    let width: Int
    let height: Int
  }

  init(
    _ request: GenerationRequest, count: Int, to path: OutputPath, preview: URL?, _ options: RunOptions
  ) {
    self.request = request
    self.count = count
    self.path = path
    self.preview = preview
    self.options = options
  }

  mutating func log(_ what: String) { options.log(what, since: &phase) }

  mutating func report(_ picture: Int, _ event: GenerationEvent) throws {
    try Interrupt.check()
    switch event {
    case .step(let completed, let total):
      if completed == 0 { log(picture == 0 ? "read the prompt" : "started the next") }
      guard !options.quiet else { return }
      if completed == 0 { report = ProgressReport(label: count > 1 ? "\(picture + 1): " : "") }
      report.update(completed: completed, total: total)
    case .preview(let picture):
      if let preview { try PNGFile.write(picture, to: preview) }
    case .denoised(let latents):
      // On disk before decoding begins: whatever ends it then, even the system, what took long is not lost.
      let url = Self.latents(beside: path.url(picture))
      try latents.write(to: url)
      kept.append(url)
    case .decoding: log("denoised")
    }
  }

  mutating func finish(_ result: GeneratedPicture) throws {
    let url = path.url(written.count)
    try PNGFile.write(result.picture, to: url, parameters: result.parameters.text)
    let latents = Self.latents(beside: url)
    unlink(latents.path)
    kept.removeAll { $0 == latents }
    written.append(
      Image(
        path: url.path, seed: request.seed &+ UInt64(written.count), width: result.picture.width,
        height: result.picture.height))
    log("decoded and wrote")
    if !options.quiet && !options.json { print(url.relativePath) }
  }

  /// Says, after a failure, where the latents are that it has left.
  func reportKept() {
    guard let first = kept.first else { return }
    let rest = kept.count > 1 ? " and \(kept.count - 1) more like it" : ""
    printError("gen: the latents are kept in \(first.path)\(rest); gen decode makes the picture of them")
  }

  private static func latents(beside picture: URL) -> URL {
    picture.deletingPathExtension().appendingPathExtension("latents.safetensors")
  }
}
