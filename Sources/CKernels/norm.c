#include "simd.h"

void voken_block_normalize(voken_cpu cpu, const voken_normalization *n, const void *x, void *y, size_t rows) {
  voken_simd_for(cpu).block_normalize(n, x, y, rows);
}

void voken_block_moments(voken_cpu cpu, const void *x, size_t rows, size_t columns, double *sums, double *squares,
                         bool half) {
  voken_simd_for(cpu).block_moments(x, rows, columns, sums, squares, half);
}
