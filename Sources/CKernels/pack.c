#include "gemm.h"
#include "vector.h"
#include <string.h>
#pragma clang diagnostic ignored "-Wpsabi"

VOKEN_INLINE uint16_t rounded(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  return (uint16_t)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

// y[i·PANEL + j] = x[j·stride + i] for i, j < 16: (row, column) as one number of 8 bits is turned left four times. What
// is not finite is marked in `bad`.
VOKEN_INLINE void transpose(const float *x, size_t stride, float *y, bits *bad) {
  vec rows[16], turned[16];
  for (int j = 0; j < 16; j++) {
    rows[j] = load(x + j * stride);
    *bad |= (bits)(rows[j] - rows[j]);
  }
  for (int turn = 0; turn < 4; turn++) {
    for (int j = 0; j < 8; j++) {
      turned[2 * j] = __builtin_shufflevector(rows[j], rows[j + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      turned[2 * j + 1] =
          __builtin_shufflevector(rows[j], rows[j + 8], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    }
    memcpy(rows, turned, sizeof rows);
  }
  for (int i = 0; i < 16; i++) store(y + i * PANEL, rows[i]);
}

// Through a block of 64 columns × 16 elements that stays in the nearest cache.
VOKEN_SIMD bool voken_pack_panel(voken_format format, const float *x, size_t columns, size_t taps, size_t depth,
                                 size_t column_stride, size_t tap_stride, size_t stride, void *panel) {
  size_t group = format == VOKEN_F32 ? 1 : 2, groups = (depth + group - 1) / group;
  float halves_block[16 * PANEL];
  bits bad_vectors = {0};
  int bad = 0;
  for (size_t t = 0; t < taps; t++)
    for (size_t k = 0; k < groups * group; k += 16) {
      size_t count = depth - k < 16 ? depth - k : 16, whole = (count + group - 1) / group;
      float *block = format == VOKEN_F32 ? (float *)panel + (t * depth + k) * PANEL : halves_block;
      if (columns < PANEL || count < 16) memset(block, 0, whole * group * PANEL * sizeof(float));
      size_t j = 0;
      if (stride == 1 && count == 16)
        for (; j + 16 <= columns; j += 16)
          transpose(x + j * column_stride + t * tap_stride + k, column_stride, block + j, &bad_vectors);
      if (column_stride == 1) {
        const float *from = x + t * tap_stride + k * stride;
        for (size_t i = 0; i < count; i++)
          for (j = 0; j < columns; j++) {
            float value = from[i * stride + j];
            bad |= (value - value) != 0;
            block[i * PANEL + j] = value;
          }
      }
      for (; j < columns; j++) {
        const float *from = x + j * column_stride + t * tap_stride + k * stride;
        for (size_t i = 0; i < count; i++) {
          float value = from[i * stride];
          bad |= (value - value) != 0;
          block[i * PANEL + j] = value;
        }
      }
      if (format == VOKEN_F32) continue;
      uint16_t *to = (uint16_t *)panel + (t * groups + k / 2) * PANEL * 2;
      for (size_t i = 0; i < whole; i++)
        for (size_t j = 0; j < PANEL; j++) {
          to[(i * PANEL + j) * 2] = rounded(block[2 * i * PANEL + j]);
          to[(i * PANEL + j) * 2 + 1] = rounded(block[(2 * i + 1) * PANEL + j]);
        }
    }
  for (int l = 0; l < LANES; l++) bad |= bad_vectors[l] != 0;
  return !bad;
}
