#include "CKernels.h"
#include "dispatch.h"

VOKEN_SIMD void voken_axpby(float a, const float *x, float b, const float *y, float *z, size_t n) {
  for (size_t i = 0; i < n; i++) z[i] = a * x[i] + b * y[i];
}

VOKEN_SIMD void voken_affine(float a, const float *x, float b, float *y, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = a * x[i] + b;
}

VOKEN_SIMD void voken_multiply(const float *x, const float *y, float *z, size_t n) {
  for (size_t i = 0; i < n; i++) z[i] = x[i] * y[i];
}

VOKEN_SIMD void voken_add_row(const float *x, const float *row, float *y, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < columns; c++) y[r * columns + c] = x[r * columns + c] + row[c];
}

VOKEN_SIMD bool voken_all_finite(const float *x, size_t n) {
  // x − x is 0 for finite values and NaN for the others; a sum of zeros stays 0.
  int bad = 0;
  for (size_t i = 0; i < n; i++) bad |= (x[i] - x[i]) != 0;
  return !bad;
}

VOKEN_SIMD float voken_dot(const float *x, const float *y, size_t n) {
  float sums[LANES] = {0};
  size_t i = 0;
  for (; i + LANES <= n; i += LANES)
    for (int l = 0; l < LANES; l++) sums[l] += x[i + l] * y[i + l];
  float total = 0;
  for (int l = 0; l < LANES; l++) total += sums[l];
  for (; i < n; i++) total += x[i] * y[i];
  return total;
}

VOKEN_SIMD void voken_rope(float *x, size_t rows, size_t heads, size_t size, const float *cosines,
                           const float *sines) {
  size_t half = size / 2;
  for (size_t r = 0; r < rows; r++) {
    const float *c = cosines + r * half, *s = sines + r * half;
    for (size_t h = 0; h < heads; h++) {
      float *a = x + (r * heads + h) * size, *b = a + half;
      for (size_t i = 0; i < half; i++) {
        float u = a[i], v = b[i];
        a[i] = u * c[i] - v * s[i];
        b[i] = v * c[i] + u * s[i];
      }
    }
  }
}
