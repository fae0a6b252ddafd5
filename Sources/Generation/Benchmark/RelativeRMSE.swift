/// √(Σ(x − r)²/Σr²); infinite where the counts differ.
func relativeRMSE(_ values: [Float], _ reference: [Float]) -> Double {
  guard values.count == reference.count else { return .infinity }
  var (difference, square) = (0.0, 0.0)
  for (x, r) in zip(values, reference) {
    difference += (Double(x) - Double(r)) * (Double(x) - Double(r))
    square += Double(r) * Double(r)
  }
  return difference == 0 ? 0 : (difference / square).squareRoot()
}
