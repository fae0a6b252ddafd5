#include "gemm.h"
#include <string.h>

VOKEN_INLINE uint16_t rounded(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  return (uint16_t)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

// Transposes through a block of 64 columns × 16 elements that stays in the nearest cache.
VOKEN_SIMD bool voken_pack_panel(voken_format format, const float *x, size_t columns, size_t taps, size_t depth,
                                 size_t column_stride, size_t tap_stride, size_t stride, void *panel) {
  size_t group = format == VOKEN_F32 ? 1 : 2, groups = (depth + group - 1) / group;
  float block[16 * PANEL];
  int bad = 0;
  for (size_t t = 0; t < taps; t++)
    for (size_t k = 0; k < groups * group; k += 16) {
      size_t count = depth - k < 16 ? depth - k : 16, whole = (count + group - 1) / group;
      if (columns < PANEL || count < 16) memset(block, 0, sizeof block);
      for (size_t j = 0; j < columns; j++) {
        const float *from = x + j * column_stride + t * tap_stride + k * stride;
        for (size_t i = 0; i < count; i++) {
          float value = from[i * stride];
          bad |= (value - value) != 0;
          block[i * PANEL + j] = value;
        }
      }
      if (format == VOKEN_F32) {
        memcpy((float *)panel + (t * depth + k) * PANEL, block, count * PANEL * sizeof(float));
      } else {
        uint16_t *to = (uint16_t *)panel + (t * groups + k / 2) * PANEL * 2;
        for (size_t i = 0; i < whole; i++)
          for (size_t j = 0; j < PANEL; j++) {
            to[(i * PANEL + j) * 2] = rounded(block[2 * i * PANEL + j]);
            to[(i * PANEL + j) * 2 + 1] = rounded(block[(2 * i + 1) * PANEL + j]);
          }
      }
    }
  return !bad;
}
