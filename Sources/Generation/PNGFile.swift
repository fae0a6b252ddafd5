import CPNG
import Foundation

/// Reading and writing PNG files with libpng.
public enum PNGFile {
  /// Writes the picture beside its destination and renames it, so that no half-written file is ever seen.
  /// - Parameter parameters: kept in the text chunk `parameters`, where other tools look for it.
  public static func write(_ picture: Picture, to url: URL, parameters: String? = nil) throws(PNGError) {
    let temporary = url.deletingLastPathComponent()
      .appending(path: ".\(url.lastPathComponent).\(ProcessInfo.processInfo.processIdentifier).part")
    guard let file = fopen(temporary.path, "wb") else { throw .init(url, String(cString: strerror(errno))) }
    // tEXt is Latin-1 by definition; readers take UTF-8 from iTXt only.
    let latin1 = parameters?.data(using: .isoLatin1)
    var bytes = latin1 ?? parameters.map { Data($0.utf8) }
    bytes?.append(0)
    var error = voken_png_error()
    let failure: String? = picture.pixels.withUnsafeBufferPointer { pixels in
      let write = { (text: UnsafePointer<CChar>?) in
        voken_png_write(
          file, &error, UInt32(picture.width), UInt32(picture.height), pixels.baseAddress, "parameters", text,
          latin1 == nil ? 1 : 0
        ).map { String(cString: $0) }
      }
      guard let bytes else { return write(nil) }
      return bytes.withUnsafeBytes { write($0.bindMemory(to: CChar.self).baseAddress) }
    }
    let flushed = fflush(file) == 0 && fsync(fileno(file)) == 0
    let reason = flushed ? nil : String(cString: strerror(errno))
    fclose(file)
    if let problem = failure ?? reason {
      unlink(temporary.path)
      throw .init(url, problem)
    }
    guard rename(temporary.path, url.path) == 0 else {
      let problem = String(cString: strerror(errno))
      unlink(temporary.path)
      throw .init(url, problem)
    }
  }

  /// The pixels of a PNG file of any kind as 8-bit RGB; transparency is dropped, as PIL's `convert("RGB")` does.
  public static func read(_ url: URL) throws(PNGError) -> Picture {
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    defer { png_image_free(&image) }
    func failure() -> PNGError {
      withUnsafeBytes(of: image.message) {
        PNGError(url, String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self))
      }
    }
    guard png_image_begin_read_from_file(&image, url.path) != 0 else { throw failure() }
    let (width, height) = (Int(image.width), Int(image.height))
    guard width <= 1 << 14, height <= 1 << 14 else {
      throw PNGError(url, "\(width)x\(height) pixels are too many")
    }
    image.format = UInt32(PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_ALPHA)
    var pixels = [UInt8](repeating: 0, count: width * height * 4)
    guard png_image_finish_read(&image, nil, &pixels, 0, nil) != 0 else { throw failure() }
    return Picture(
      width: width, height: height,
      pixels: [UInt8](unsafeUninitializedCapacity: width * height * 3) { rgb, count in
        for i in 0..<width * height {
          for c in 0..<3 { rgb[i * 3 + c] = pixels[i * 4 + c] }
        }
        count = width * height * 3
      })
  }

  /// The size of a PNG file and its text chunks by key.
  public static func text(of url: URL) throws(PNGError) -> (width: Int, height: Int, text: [String: String]) {
    guard let file = fopen(url.path, "rb") else { throw .init(url, String(cString: strerror(errno))) }
    defer { fclose(file) }
    var error = voken_png_error()
    var (width, height): (UInt32, UInt32) = (0, 0)
    var text: [String: String] = [:]
    let failure = withUnsafeMutablePointer(to: &text) { text in
      voken_png_read_text(file, &error, &width, &height, text) { context, key, value, isUTF8 in
        guard let context, let key, let value else { return }
        let bytes = Data(bytes: value, count: strlen(value))
        context.assumingMemoryBound(to: [String: String].self).pointee[String(cString: key)] =
          String(data: bytes, encoding: isUTF8 != 0 ? .utf8 : .isoLatin1)
      }.map { String(cString: $0) }
    }
    if let failure { throw .init(url, failure) }
    return (Int(width), Int(height), text)
  }
}

/// A PNG file that could not be read or written, with the system's or libpng's reason.
public struct PNGError: Error, CustomStringConvertible {
  public let path: String
  public let reason: String

  init(_ url: URL, _ reason: String) {
    path = url.path
    self.reason = reason
  }

  public var description: String { "\(path): \(reason)" }
}
