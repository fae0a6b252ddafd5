#include "CKernels.h"
#include "dispatch.h"
#include <string.h>

VOKEN_SIMD void voken_f16_to_f32(const uint16_t *x, float *y, size_t n) {
  for (size_t i = 0; i < n; i++) {
    _Float16 h;
    memcpy(&h, x + i, 2);
    y[i] = (float)h;
  }
}

VOKEN_SIMD void voken_f32_to_f16(const float *x, uint16_t *y, size_t n) {
  for (size_t i = 0; i < n; i++) {
    _Float16 h = (_Float16)x[i];
    memcpy(y + i, &h, 2);
  }
}

VOKEN_SIMD void voken_bf16_to_f32(const uint16_t *x, float *y, size_t n) {
  for (size_t i = 0; i < n; i++) {
    uint32_t bits = (uint32_t)x[i] << 16;
    memcpy(y + i, &bits, 4);
  }
}

// Round to nearest even; NaN stays NaN.
VOKEN_SIMD void voken_f32_to_bf16(const float *x, uint16_t *y, size_t n) {
  for (size_t i = 0; i < n; i++) {
    uint32_t bits;
    memcpy(&bits, x + i, 4);
    uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    y[i] = (uint16_t)((bits & 0x7fffffff) > 0x7f800000 ? (bits >> 16) | 0x40 : rounded);
  }
}
