// Tiles for AVX-512 and its extensions: 6 × 64 sums in 24 registers, four more hold a row of the panel.
#include "gemm.h"
#if defined(__x86_64__)
#include <immintrin.h>

#define LOAD_SUMS(TYPE, LOAD, ZERO)                    \
  TYPE sums[6][4];                                     \
  UNROLL for (int r = 0; r < MR; r++)                  \
    UNROLL for (int v = 0; v < NV; v++) sums[r][v] = accumulate ? LOAD(c + r * ldc + v * 16) : ZERO();
#define STORE_SUMS(STORE)             \
  UNROLL for (int r = 0; r < MR; r++) \
    UNROLL for (int v = 0; v < NV; v++) STORE(c + r * ldc + v * 16, sums[r][v]);

TARGET_AVX512 VOKEN_INLINE void f32_tile(const void *const *rows, size_t offset, const int MR, const int NV,
                                         size_t depth, const float *panel, float *c, size_t ldc, bool accumulate) {
  const float *a[6];
  UNROLL for (int r = 0; r < MR; r++) a[r] = (const float *)rows[r] + offset;
  LOAD_SUMS(__m512, _mm512_loadu_ps, _mm512_setzero_ps)
  for (size_t k = 0; k < depth; k++, panel += PANEL) {
    __m512 b[4];
    UNROLL for (int v = 0; v < NV; v++) b[v] = _mm512_loadu_ps(panel + v * 16);
    UNROLL for (int r = 0; r < MR; r++) {
      __m512 x = _mm512_set1_ps(a[r][k]);
      UNROLL for (int v = 0; v < NV; v++) sums[r][v] = _mm512_fmadd_ps(x, b[v], sums[r][v]);
    }
  }
  STORE_SUMS(_mm512_storeu_ps)
}

// bf16 without its dot product: a lane's two halves are widened to fp32 by a shift and a mask.
TARGET_AVX512 VOKEN_INLINE void widening_tile(const void *const *rows, size_t offset, const int MR, const int NV,
                                              size_t depth, const uint32_t *panel, float *c, size_t ldc,
                                              bool accumulate) {
  const uint32_t *a[6];
  UNROLL for (int r = 0; r < MR; r++) a[r] = (const uint32_t *)rows[r] + offset;
  const __m512i high = _mm512_set1_epi32((int)0xffff0000);
  LOAD_SUMS(__m512, _mm512_loadu_ps, _mm512_setzero_ps)
  for (size_t k = 0; k < depth; k++, panel += PANEL) {
    UNROLL for (int v = 0; v < NV; v++) {
      __m512i both = _mm512_loadu_si512(panel + v * 16);
      __m512 even = _mm512_castsi512_ps(_mm512_slli_epi32(both, 16));
      __m512 odd = _mm512_castsi512_ps(_mm512_and_si512(both, high));
      UNROLL for (int r = 0; r < MR; r++) {
        uint32_t pair = a[r][k];
        __m512i x = _mm512_set1_epi32((int)pair);
        sums[r][v] = _mm512_fmadd_ps(_mm512_castsi512_ps(_mm512_slli_epi32(x, 16)), even, sums[r][v]);
        sums[r][v] = _mm512_fmadd_ps(_mm512_castsi512_ps(_mm512_and_si512(x, high)), odd, sums[r][v]);
      }
    }
  }
  STORE_SUMS(_mm512_storeu_ps)
}

TARGET_BF16 VOKEN_INLINE void bf16_tile(const void *const *rows, size_t offset, const int MR, const int NV,
                                        size_t depth, const uint32_t *panel, float *c, size_t ldc,
                                        bool accumulate) {
  const uint32_t *a[6];
  UNROLL for (int r = 0; r < MR; r++) a[r] = (const uint32_t *)rows[r] + offset;
  LOAD_SUMS(__m512, _mm512_loadu_ps, _mm512_setzero_ps)
  for (size_t k = 0; k < depth; k++, panel += PANEL) {
    __m512bh b[4];
    UNROLL for (int v = 0; v < NV; v++) b[v] = (__m512bh)_mm512_loadu_si512(panel + v * 16);
    UNROLL for (int r = 0; r < MR; r++) {
      __m512bh x = (__m512bh)_mm512_set1_epi32((int)a[r][k]);
      UNROLL for (int v = 0; v < NV; v++) sums[r][v] = _mm512_dpbf16_ps(sums[r][v], x, b[v]);
    }
  }
  STORE_SUMS(_mm512_storeu_ps)
}

TARGET_VNNI VOKEN_INLINE void vnni_tile(const void *const *rows, size_t offset, const int MR, const int NV,
                                        size_t depth, const uint32_t *panel, int32_t *c, size_t ldc,
                                        bool accumulate) {
  const uint32_t *a[6];
  UNROLL for (int r = 0; r < MR; r++) a[r] = (const uint32_t *)rows[r] + offset;
  LOAD_SUMS(__m512i, _mm512_loadu_si512, _mm512_setzero_si512)
  for (size_t k = 0; k < depth; k++, panel += PANEL) {
    __m512i b[4];
    UNROLL for (int v = 0; v < NV; v++) b[v] = _mm512_loadu_si512(panel + v * 16);
    UNROLL for (int r = 0; r < MR; r++) {
      __m512i x = _mm512_set1_epi32((int)a[r][k]);
      UNROLL for (int v = 0; v < NV; v++) sums[r][v] = _mm512_dpbusd_epi32(sums[r][v], x, b[v]);
    }
  }
  STORE_SUMS(_mm512_storeu_si512)
}

#define DEFINE(NAME, TARGET, TILE, PANEL_TYPE, SUM_TYPE)                                                    \
  TARGET static void NAME(const void *const *rows, size_t offset, size_t mr, size_t nv, size_t depth,      \
                          const void *panel, void *c, size_t ldc, bool accumulate) {                       \
    EACH_TILE(TILE)                                                                                        \
  }
#define F32(M, N) f32_tile(rows, offset, M, N, depth, panel, c, ldc, accumulate)
#define WIDENING(M, N) widening_tile(rows, offset, M, N, depth, panel, c, ldc, accumulate)
#define BF16(M, N) bf16_tile(rows, offset, M, N, depth, panel, c, ldc, accumulate)
#define VNNI(M, N) vnni_tile(rows, offset, M, N, depth, panel, c, ldc, accumulate)
DEFINE(f32_avx512, TARGET_AVX512, F32, float, float)
DEFINE(bf16_avx512, TARGET_AVX512, WIDENING, uint32_t, float)
DEFINE(bf16_native, TARGET_BF16, BF16, uint32_t, float)
DEFINE(int8_vnni, TARGET_VNNI, VNNI, uint32_t, int32_t)

const voken_tile voken_f32_avx512 = f32_avx512, voken_bf16_avx512 = bf16_avx512, voken_bf16_native = bf16_native,
                 voken_int8_vnni = int8_vnni;
#endif
