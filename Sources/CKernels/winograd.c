#include "simd.h"

void voken_winograd_input(voken_cpu cpu, const voken_winograd *w, const void *x, const void *zeros, size_t first,
                          size_t count, void *v, size_t rows, size_t row) {
  voken_simd_for(cpu).winograd_input(w, x, zeros, first, count, v, rows, row);
}

void voken_winograd_output(voken_cpu cpu, const voken_winograd *w, const float *v, size_t rows, size_t row,
                           size_t first, size_t count, const voken_finish *f, size_t outputs, void *out) {
  voken_simd_for(cpu).winograd_output(w, v, rows, row, first, count, f, outputs, out);
}

bool voken_pack_winograd(voken_cpu cpu, voken_format format, size_t m, const float *x, size_t columns, size_t depth,
                         void *panel) {
  return voken_simd_for(cpu).pack_winograd(format, m, x, columns, depth, panel);
}
