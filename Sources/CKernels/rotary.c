#include "CKernels.h"
#include "dispatch.h"

VOKEN_SIMD void voken_rope_neighbours(float *x, size_t rows, size_t heads, size_t size, const float *cosines,
                                      const float *sines) {
  size_t half = size / 2;
  for (size_t r = 0; r < rows; r++) {
    const float *c = cosines + r * half, *s = sines + r * half;
    for (size_t h = 0; h < heads; h++) {
      float *a = x + (r * heads + h) * size;
      for (size_t i = 0; i < half; i++) {
        float u = a[2 * i], v = a[2 * i + 1];
        a[2 * i] = u * c[i] - v * s[i];
        a[2 * i + 1] = v * c[i] + u * s[i];
      }
    }
  }
}
