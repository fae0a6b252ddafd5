#include "simd.h"

void voken_finish_rows(voken_cpu cpu, const voken_finish *finish, const float *sums, size_t ld, size_t rows,
                       size_t columns, void *out, size_t out_stride) {
  voken_simd_for(cpu).finish_rows(finish, sums, ld, rows, columns, out, out_stride);
}
