import CPNG
import Foundation

@testable import Generation

/// A PNG file's pixels by libpng's simplified reader, which shares nothing with the code that wrote them.
func decodedPicture(at url: URL) throws -> Picture {
  struct Undecodable: Error {}
  var image = png_image()
  image.version = png_uint_32(PNG_IMAGE_VERSION)
  defer { png_image_free(&image) }
  guard png_image_begin_read_from_file(&image, url.path) != 0 else { throw Undecodable() }
  image.format = 2  // PNG_FORMAT_RGB, a macro that Swift does not see
  let (width, height) = (Int(image.width), Int(image.height))
  var pixels = [UInt8](repeating: 0, count: width * height * 3)
  guard png_image_finish_read(&image, nil, &pixels, 0, nil) != 0 else { throw Undecodable() }
  return Picture(width: width, height: height, pixels: pixels)
}
