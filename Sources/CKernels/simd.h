#pragma once
// Loops over vectors of 16 fp32 numbers, compiled for each instruction set (simd_*.c).
#include "gemm.h"

typedef struct {
  void (*winograd_input)(const voken_winograd *w, const void *x, const void *zeros, size_t first, size_t count,
                         void *v, size_t rows, size_t row);
  void (*winograd_output)(const voken_winograd *w, const float *v, size_t rows, size_t row, size_t first,
                          size_t count, const voken_finish *f, size_t outputs, void *out);
  bool (*pack_winograd)(voken_format format, size_t m, const float *x, size_t columns, size_t depth, void *panel);
  void (*block_moments)(const void *x, size_t rows, size_t columns, double *sums, double *squares, bool half);
  void (*block_normalize)(const voken_normalization *n, const void *x, void *y, size_t rows);
  void (*finish_rows)(const voken_finish *finish, const float *sums, size_t ld, size_t rows, size_t columns, void *out,
                      size_t out_stride);
  float (*soften)(float *s, uint16_t *p, size_t keys, size_t padded, float scale, float *max, float *sum, bool half);
  void (*scale_row)(float *x, size_t n, float factor);
  void (*narrow)(const float *x, uint16_t *y, size_t n);
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
