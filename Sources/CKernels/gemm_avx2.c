// Tiles for AVX2: the panel is taken 16 columns at a time, 6 × 16 sums in 12 registers.
#include "gemm.h"
#if defined(__x86_64__)
#include <immintrin.h>

TARGET_AVX2 VOKEN_INLINE void f32_slice(const void *const *rows, size_t offset, const int MR, size_t depth,
                                        const float *panel, float *c, size_t ldc, bool accumulate) {
  const float *a[6];
  __m256 sums[6][2];
  UNROLL for (int r = 0; r < MR; r++) {
    a[r] = (const float *)rows[r] + offset;
    UNROLL for (int v = 0; v < 2; v++)
      sums[r][v] = accumulate ? _mm256_loadu_ps(c + r * ldc + v * 8) : _mm256_setzero_ps();
  }
  for (size_t k = 0; k < depth; k++, panel += PANEL) {
    __m256 b0 = _mm256_loadu_ps(panel), b1 = _mm256_loadu_ps(panel + 8);
    UNROLL for (int r = 0; r < MR; r++) {
      __m256 x = _mm256_broadcast_ss(a[r] + k);
      sums[r][0] = _mm256_fmadd_ps(x, b0, sums[r][0]);
      sums[r][1] = _mm256_fmadd_ps(x, b1, sums[r][1]);
    }
  }
  UNROLL for (int r = 0; r < MR; r++)
    UNROLL for (int v = 0; v < 2; v++) _mm256_storeu_ps(c + r * ldc + v * 8, sums[r][v]);
}

TARGET_AVX2 VOKEN_INLINE void bf16_slice(const void *const *rows, size_t offset, const int MR, size_t depth,
                                         const uint32_t *panel, float *c, size_t ldc, bool accumulate) {
  const uint32_t *a[6];
  __m256 sums[6][2];
  const __m256i high = _mm256_set1_epi32((int)0xffff0000);
  UNROLL for (int r = 0; r < MR; r++) {
    a[r] = (const uint32_t *)rows[r] + offset;
    UNROLL for (int v = 0; v < 2; v++)
      sums[r][v] = accumulate ? _mm256_loadu_ps(c + r * ldc + v * 8) : _mm256_setzero_ps();
  }
  for (size_t k = 0; k < depth; k++, panel += PANEL)
    UNROLL for (int v = 0; v < 2; v++) {
      __m256i both = _mm256_loadu_si256((const __m256i *)(panel + v * 8));
      __m256 even = _mm256_castsi256_ps(_mm256_slli_epi32(both, 16));
      __m256 odd = _mm256_castsi256_ps(_mm256_and_si256(both, high));
      UNROLL for (int r = 0; r < MR; r++) {
        __m256i x = _mm256_set1_epi32((int)a[r][k]);
        sums[r][v] = _mm256_fmadd_ps(_mm256_castsi256_ps(_mm256_slli_epi32(x, 16)), even, sums[r][v]);
        sums[r][v] = _mm256_fmadd_ps(_mm256_castsi256_ps(_mm256_and_si256(x, high)), odd, sums[r][v]);
      }
    }
  UNROLL for (int r = 0; r < MR; r++)
    UNROLL for (int v = 0; v < 2; v++) _mm256_storeu_ps(c + r * ldc + v * 8, sums[r][v]);
}

// Unsigned by signed bytes. The instruction that multiplies bytes saturates at 16 bits, so they are widened first.
TARGET_AVX2 VOKEN_INLINE void int8_slice(const void *const *rows, size_t offset, const int MR, size_t depth,
                                         const uint32_t *panel, int32_t *c, size_t ldc, bool accumulate) {
  const uint32_t *a[6];
  __m256i sums[6][2];
  const __m256i low = _mm256_set1_epi16(0xff);
  UNROLL for (int r = 0; r < MR; r++) {
    a[r] = (const uint32_t *)rows[r] + offset;
    UNROLL for (int v = 0; v < 2; v++)
      sums[r][v] =
          accumulate ? _mm256_loadu_si256((const __m256i *)(c + r * ldc + v * 8)) : _mm256_setzero_si256();
  }
  for (size_t k = 0; k < depth; k++, panel += PANEL)
    UNROLL for (int v = 0; v < 2; v++) {
      __m256i four = _mm256_loadu_si256((const __m256i *)(panel + v * 8));
      __m256i even = _mm256_srai_epi16(_mm256_slli_epi16(four, 8), 8), odd = _mm256_srai_epi16(four, 8);
      UNROLL for (int r = 0; r < MR; r++) {
        __m256i x = _mm256_set1_epi32((int)a[r][k]);
        sums[r][v] = _mm256_add_epi32(sums[r][v], _mm256_madd_epi16(_mm256_and_si256(x, low), even));
        sums[r][v] = _mm256_add_epi32(sums[r][v], _mm256_madd_epi16(_mm256_srli_epi16(x, 8), odd));
      }
    }
  UNROLL for (int r = 0; r < MR; r++)
    UNROLL for (int v = 0; v < 2; v++) _mm256_storeu_si256((__m256i *)(c + r * ldc + v * 8), sums[r][v]);
}

#define DEFINE(NAME, SLICE, ELEMENT, SUM)                                                                     \
  TARGET_AVX2 static void NAME(const void *const *rows, size_t offset, size_t mr, size_t nv, size_t depth,    \
                               const void *panel, void *c, size_t ldc, bool accumulate) {                     \
    for (size_t v = 0; v < nv; v++) {                                                                         \
      const ELEMENT *p = (const ELEMENT *)panel + v * 16;                                                     \
      SUM *out = (SUM *)c + v * 16;                                                                           \
      EACH_ROWS(0, SLICE)                                                                                     \
    }                                                                                                         \
  }
#define F32(M, N) f32_slice(rows, offset, M, depth, p, out, ldc, accumulate)
#define BF16(M, N) bf16_slice(rows, offset, M, depth, p, out, ldc, accumulate)
#define INT8(M, N) int8_slice(rows, offset, M, depth, p, out, ldc, accumulate)
DEFINE(f32_avx2, F32, float, float)
DEFINE(bf16_avx2, BF16, uint32_t, float)
DEFINE(int8_avx2, INT8, uint32_t, int32_t)

const voken_tile voken_f32_avx2 = f32_avx2, voken_bf16_avx2 = bf16_avx2, voken_int8_avx2 = int8_avx2;
#endif
