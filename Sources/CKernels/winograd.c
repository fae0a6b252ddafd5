#include "simd.h"
#include <math.h>
#include <string.h>

void voken_winograd_input(voken_cpu cpu, const voken_winograd *w, const void *x, const void *zeros, size_t first,
                          size_t count, void *v, size_t rows, size_t row) {
  voken_simd_for(cpu).winograd_input(w, x, zeros, first, count, v, rows, row);
}

void voken_winograd_output(voken_cpu cpu, const voken_winograd *w, const float *v, size_t rows, size_t first,
                           size_t count, const voken_finish *f, size_t column, size_t columns, size_t outputs,
                           void *out) {
  voken_simd_for(cpu).winograd_output(w, v, rows, first, count, f, column, columns, outputs, out);
}

void voken_winograd_kernels(voken_cpu cpu, voken_format format, bool half_taps, const void *panel, size_t groups,
                            size_t pair, void *u) {
  voken_simd_for(cpu).winograd_kernels(format, half_taps, panel, groups, pair, u);
}

#define PACK(TYPE)                                                                                \
  for (size_t k = 0; k < depth; k++)                                                              \
    for (size_t t = 0; t < 9; t++)                                                                \
      for (size_t j = 0; j < columns; j++) {                                                      \
        float exact = x[(j * depth + k) * 9 + t];                                                 \
        TYPE value = (TYPE)exact;                                                                 \
        bad |= (value - value) != 0;                                                              \
        rounded |= (float)value != exact;                                                         \
        top = fabsf(exact) > top ? fabsf(exact) : top;                                            \
        ((TYPE *)panel)[((k / group * 9 + t) * PANEL + j) * group + k % group] = value;           \
      }

VOKEN_SIMD bool voken_pack_kernels(voken_format format, bool half_taps, const float *x, size_t columns, size_t depth,
                                   void *panel) {
  const size_t group = format == VOKEN_F32 ? 1 : 2;
  int bad = 0, rounded = 0;
  float top = 0;
  if (columns < PANEL) memset(panel, 0, depth * 9 * PANEL * (half_taps ? 2 : 4));
  if (half_taps) {
    PACK(_Float16)
  } else {
    PACK(float)
  }
  // Where all are small, fp16 has fewer digits than bf16.
  return !bad && !(rounded && top < 0x1p-10f);
}
