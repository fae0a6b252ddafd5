import ArgumentParser
import Foundation
import Generation

/// `gen decode`: makes the picture of latents that were kept because decoding them had failed.
struct Decode: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Decode latents that a run has left behind.")

  @Argument(help: "A .latents.safetensors file.")
  var file: String

  @Option(name: .shortAndLong, help: "Where to write.")
  var output = "output.png"

  @OptionGroup var decoding: DecodingOptions
  @OptionGroup var model: ModelOptions
  @OptionGroup var options: RunOptions

  func run() throws {
    try options.apply()
    let path = try OutputPath(output)
    try path.checkWritable(count: 1)
    let kept = try LatentsFile(contentsOf: URL(filePath: file))
    let files = try model.files()
    var pipelineOptions = PipelineOptions()
    try decoding.apply(to: &pipelineOptions, files)
    let picture = try TextToImagePipeline.decode(kept.latents, files, pipelineOptions)
    let url = path.url(0)
    try PNGFile.write(picture, to: url, parameters: kept.parameters.text)
    if options.json {
      try printJSON(["path": url.path])
    } else if !options.quiet {
      print(url.relativePath)
    }
  }
}
