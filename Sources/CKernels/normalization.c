#include "CKernels.h"
#include "math.h"

VOKEN_SIMD void voken_softmax(float *x, size_t rows, size_t columns, size_t stride, float scale) {
  for (size_t r = 0; r < rows; r++) {
    float *row = x + r * stride;
    float maxima[LANES], sums[LANES] = {0};
    for (int l = 0; l < LANES; l++) maxima[l] = -INFINITY;
    size_t i = 0;
    for (; i + LANES <= columns; i += LANES)
      for (int l = 0; l < LANES; l++) maxima[l] = row[i + l] > maxima[l] ? row[i + l] : maxima[l];
    float top = -INFINITY;
    for (; i < columns; i++) top = row[i] > top ? row[i] : top;
    for (int l = 0; l < LANES; l++) top = maxima[l] > top ? maxima[l] : top;
    for (i = 0; i + LANES <= columns; i += LANES)
      for (int l = 0; l < LANES; l++) sums[l] += row[i + l] = fast_exp((row[i + l] - top) * scale);
    float total = 0;
    for (; i < columns; i++) total += row[i] = fast_exp((row[i] - top) * scale);
    for (int l = 0; l < LANES; l++) total += sums[l];
    float inverse = 1.0f / total;
    for (i = 0; i < columns; i++) row[i] *= inverse;
  }
}

// Means are taken in double: pictures have channels whose mean is far larger than their spread.
VOKEN_INLINE void moments(const float *x, size_t n, double *sum, double *squares) {
  double s[LANES] = {0}, q[LANES] = {0};
  size_t i = 0;
  for (; i + LANES <= n; i += LANES)
    for (int l = 0; l < LANES; l++) {
      double v = x[i + l];
      s[l] += v;
      q[l] += v * v;
    }
  double total = 0, totalSquares = 0;
  for (; i < n; i++) {
    total += x[i];
    totalSquares += (double)x[i] * x[i];
  }
  for (int l = 0; l < LANES; l++) {
    total += s[l];
    totalSquares += q[l];
  }
  *sum = total;
  *squares = totalSquares;
}

VOKEN_SIMD void voken_layer_norm(const float *x, float *y, size_t rows, size_t columns, const float *weight,
                                 const float *bias, float epsilon) {
  for (size_t r = 0; r < rows; r++) {
    const float *in = x + r * columns;
    float *out = y + r * columns;
    double sum, squares;
    moments(in, columns, &sum, &squares);
    double mean = sum / columns, variance = squares / columns - mean * mean;
    double scale = 1.0 / sqrt((variance > 0 ? variance : 0) + epsilon);
    // The mean's nearest float is taken off first, which is exact where it matters, and then what it lacks.
    float m = (float)mean, inverse = (float)scale, rest = (float)((m - mean) * scale);
    if (bias)
      for (size_t i = 0; i < columns; i++) out[i] = ((in[i] - m) * inverse + rest) * weight[i] + bias[i];
    else
      for (size_t i = 0; i < columns; i++) out[i] = ((in[i] - m) * inverse + rest) * weight[i];
  }
}

VOKEN_SIMD void voken_rms_norm(const float *x, float *y, size_t rows, size_t columns, const float *weight,
                               float epsilon) {
  for (size_t r = 0; r < rows; r++) {
    const float *in = x + r * columns;
    float *out = y + r * columns;
    double sum, squares;
    moments(in, columns, &sum, &squares);
    float inverse = (float)(1.0 / sqrt(squares / columns + epsilon));
    for (size_t i = 0; i < columns; i++) out[i] = in[i] * inverse * weight[i];
  }
}

VOKEN_SIMD void voken_column_moments(const float *x, size_t rows, size_t columns, double *sums, double *squares) {
  for (size_t c = 0; c < columns; c++) sums[c] = squares[c] = 0;
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < columns; c++) {
      double v = x[r * columns + c];
      sums[c] += v;
      squares[c] += v * v;
    }
}

VOKEN_SIMD void voken_scale_shift(const float *x, float *y, size_t rows, size_t columns, const float *center,
                                  const float *scale, const float *shift, bool withSiLU) {
  for (size_t r = 0; r < rows; r++) {
    const float *in = x + r * columns;
    float *out = y + r * columns;
    if (withSiLU)
      for (size_t c = 0; c < columns; c++) out[c] = silu((in[c] - center[c]) * scale[c] + shift[c]);
    else
      for (size_t c = 0; c < columns; c++) out[c] = (in[c] - center[c]) * scale[c] + shift[c];
  }
}
