// Bytes with a scale for each row: activations are unsigned around 128, weights signed.
#include "simd.h"
#include <math.h>
#include <string.h>

VOKEN_INLINE float largest(const float *x, size_t n) {
  float lanes[LANES] = {0}, best = 0;
  size_t i = 0;
  for (; i + LANES <= n; i += LANES)
    for (int l = 0; l < LANES; l++) lanes[l] = fabsf(x[i + l]) > lanes[l] ? fabsf(x[i + l]) : lanes[l];
  for (; i < n; i++) best = fabsf(x[i]) > best ? fabsf(x[i]) : best;
  for (int l = 0; l < LANES; l++) best = lanes[l] > best ? lanes[l] : best;
  return best;
}

void voken_quantize_rows(voken_cpu cpu, const void *x, bool half, size_t rows, size_t n, uint8_t *y, float *scales) {
  voken_simd_for(cpu).quantize_rows(x, half, rows, n, y, scales);
}

VOKEN_SIMD bool voken_pack_bytes(const float *x, size_t columns, size_t depth, int8_t *panel, float *scales,
                                 int32_t *offsets) {
  float check = 0;
  memset(panel, 0, PANEL * depth);
  for (size_t j = 0; j < columns; j++, x += depth) {
    float top = largest(x, depth), inverse = top > 0 ? 127 / top : 0;
    int32_t sum = 0;
    for (size_t k = 0; k < depth; k++) {
      check += x[k] * 0;
      int8_t q = (int8_t)__builtin_roundevenf(x[k] * inverse);
      sum += q;
      panel[k / 4 * 4 * PANEL + j * 4 + k % 4] = q;
    }
    scales[j] = top / 127;
    offsets[j] = 128 * sum;
  }
  return check == 0;
}
