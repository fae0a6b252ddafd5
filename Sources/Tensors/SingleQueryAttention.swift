import CKernels
import Foundation

/// Attention of one query of each batch (heads·D) to all keys, as when a text is written token by token: keys and values
/// are read once for all heads. Runs of keys are attended to on several threads and then put together in order, scaled
/// to the largest score of all (Milakov & Gimelshein 2018).
///
/// - Parameters:
///   - k: (B, keys, kvHeads·D); v likewise.
///   - out: (B, heads·D).
func attendOne(
  _ q: UnsafePointer<Float>, _ k: UnsafePointer<Float>, _ v: UnsafePointer<Float>,
  _ out: UnsafeMutablePointer<Float>, batch: Int, keys: Int, heads: Int, kvHeads: Int, size: Int, scale: Float
) {
  let (width, kvWidth, run) = (heads * size, kvHeads * size, Int(VOKEN_RUN))
  let runs = (keys + run - 1) / run
  // Of each run: maxima and totals (heads), sums (heads·D), room for scores.
  let part = heads * (2 + size + run)
  withScratch(batch * runs * part) { parts in
    parallelRanges(batch * runs, multiple: 1) { first, count in
      for job in first..<first + count {
        let (b, start) = (job / runs, job % runs * run)
        let (maxima, row) = (parts + job * part, (b * keys + start) * kvWidth)
        voken_attend_one(
          q + b * width, k + row, v + row, min(run, keys - start), heads, kvHeads, size, scale,
          maxima + heads * (2 + size), maxima, maxima + heads, maxima + 2 * heads)
      }
    }
    for b in 0..<batch {
      for head in 0..<heads {
        let runsOfHead = (0..<runs).map { parts + (b * runs + $0) * part }
        let top = runsOfHead.reduce(-Float.infinity) { max($0, $1[head]) }
        let total = runsOfHead.reduce(Float(0)) { $0 + exp($1[head] - top) * $1[heads + head] }
        let target = out + b * width + head * size
        target.update(repeating: 0, count: size)
        for maxima in runsOfHead {
          voken_axpby(
            exp(maxima[head] - top) / total, maxima + heads * 2 + head * size, 1, target, target, size)
        }
      }
    }
  }
}
