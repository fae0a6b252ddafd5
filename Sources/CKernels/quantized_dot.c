#include "CKernels.h"
#include "dispatch.h"
#include <string.h>

// Dot products of fp32 with GGML blocks of 32, decoded in registers. Nibble i of a block is element i, its high half
// element i + 16.
enum { BLOCK = 32 };

VOKEN_INLINE float half_at(const uint8_t *p) {
  _Float16 h;
  memcpy(&h, p, 2);
  return (float)h;
}

VOKEN_INLINE float total(const float *sums) {
  float t = 0;
  for (int l = 0; l < LANES; l++) t += sums[l];
  return t;
}

// sums[b]: the sum of each 32 of x.
VOKEN_SIMD void voken_block_sums(const float *x, float *sums, size_t n) {
  for (size_t b = 0; b < n / BLOCK; b++) {
    float s[LANES];
    for (int l = 0; l < LANES; l++) s[l] = x[b * BLOCK + l] + x[b * BLOCK + LANES + l];
    sums[b] = total(s);
  }
}

VOKEN_SIMD float voken_dot_q8_0(const uint8_t *w, const float *x, size_t n) {
  float sums[LANES] = {0};
  for (size_t b = 0; b < n / BLOCK; b++, w += 34, x += BLOCK) {
    float d = half_at(w);
    const int8_t *q = (const int8_t *)w + 2;
    for (int l = 0; l < LANES; l++) sums[l] += d * ((float)q[l] * x[l] + (float)q[l + LANES] * x[l + LANES]);
  }
  return total(sums);
}

VOKEN_SIMD float voken_dot_q4_0(const uint8_t *w, const float *x, const float *blockSums, size_t n) {
  float sums[LANES] = {0}, offsets = 0;
  for (size_t b = 0; b < n / BLOCK; b++, w += 18, x += BLOCK) {
    float d = half_at(w);
    const uint8_t *q = w + 2;
    for (int l = 0; l < LANES; l++) sums[l] += d * ((float)(q[l] & 15) * x[l] + (float)(q[l] >> 4) * x[l + LANES]);
    offsets -= 8 * d * blockSums[b];
  }
  return total(sums) + offsets;
}

VOKEN_SIMD float voken_dot_q4_1(const uint8_t *w, const float *x, const float *blockSums, size_t n) {
  float sums[LANES] = {0}, offsets = 0;
  for (size_t b = 0; b < n / BLOCK; b++, w += 20, x += BLOCK) {
    float d = half_at(w);
    const uint8_t *q = w + 4;
    for (int l = 0; l < LANES; l++) sums[l] += d * ((float)(q[l] & 15) * x[l] + (float)(q[l] >> 4) * x[l + LANES]);
    offsets += half_at(w + 2) * blockSums[b];
  }
  return total(sums) + offsets;
}
