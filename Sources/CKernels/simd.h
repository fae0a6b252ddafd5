#pragma once
// Loops over vectors of 16 fp32 numbers, compiled for each instruction set (simd_*.c).
#include "gemm.h"

typedef struct {
  void (*winograd_input)(const voken_winograd *w, const void *x, const void *zeros, size_t first, size_t count,
                         void *v, size_t rows, size_t row);
  void (*winograd_output)(const voken_winograd *w, const float *v, size_t rows, size_t first, size_t count,
                          const voken_finish *f, size_t column, size_t columns, size_t outputs, void *out);
  void (*winograd_kernels)(voken_format format, bool half_taps, const void *panel, size_t rows, size_t pair, void *u);
  void (*block_moments)(const void *x, size_t rows, size_t columns, double *sums, double *squares, bool half);
  void (*block_normalize)(const voken_normalization *n, const void *x, void *y, size_t rows);
  void (*finish_rows)(const voken_finish *finish, const float *sums, size_t ld, size_t rows, size_t columns, void *out,
                      size_t out_stride);
  void (*soften)(float *s, size_t keys, size_t columns, float scale, float *maxima, float *totals, float *factors,
                 bool half);
  void (*scale_columns)(float *x, size_t rows, const float *factors);
  void (*narrow_pairs)(float *x, size_t rows);
  void (*quantize_rows)(const void *x, bool half, size_t rows, size_t n, uint8_t *y, float *scales);
} voken_simd;

extern const voken_simd voken_simd_plain, voken_simd_avx2, voken_simd_avx512, voken_simd_avx512_bf16;

static inline voken_simd voken_simd_for(voken_cpu cpu) {
#if defined(__x86_64__)
  if (cpu >= VOKEN_AVX512_BF16) return voken_simd_avx512_bf16;
  if (cpu >= VOKEN_AVX512) return voken_simd_avx512;
  if (cpu >= VOKEN_AVX2) return voken_simd_avx2;
#endif
  return voken_simd_plain;
}
