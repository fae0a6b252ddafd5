#include "CKernels.h"
#include "dispatch.h"
#include <string.h>
#if defined(__x86_64__) && defined(__linux__)
#define HAS_AVX512
#include <immintrin.h>
#endif

// Dot products of fp32 with GGML blocks of 32, decoded in registers. Nibble i of a block is element i, its high half
// element i + 16.
enum { BLOCK = 32 };

VOKEN_INLINE float half_at(const uint8_t *p) {
  _Float16 h;
  memcpy(&h, p, 2);
  return (float)h;
}

VOKEN_INLINE float total(const float *sums) {
  float t = 0;
  for (int l = 0; l < LANES; l++) t += sums[l];
  return t;
}

// sums[b]: the sum of each 32 of x.
VOKEN_SIMD void voken_block_sums(const float *x, float *sums, size_t n) {
  for (size_t b = 0; b < n / BLOCK; b++) {
    float s[LANES];
    for (int l = 0; l < LANES; l++) s[l] = x[b * BLOCK + l] + x[b * BLOCK + LANES + l];
    sums[b] = total(s);
  }
}

VOKEN_SIMD static float dot_q8_0(const uint8_t *w, const float *x, size_t n) {
  float sums[LANES] = {0};
  for (size_t b = 0; b < n / BLOCK; b++, w += 34, x += BLOCK) {
    float d = half_at(w);
    const int8_t *q = (const int8_t *)w + 2;
    for (int l = 0; l < LANES; l++) sums[l] += d * ((float)q[l] * x[l] + (float)q[l + LANES] * x[l + LANES]);
  }
  return total(sums);
}

VOKEN_SIMD static float dot_q4_0(const uint8_t *w, const float *x, const float *blockSums, size_t n) {
  float sums[LANES] = {0}, offsets = 0;
  for (size_t b = 0; b < n / BLOCK; b++, w += 18, x += BLOCK) {
    float d = half_at(w);
    const uint8_t *q = w + 2;
    for (int l = 0; l < LANES; l++) sums[l] += d * ((float)(q[l] & 15) * x[l] + (float)(q[l] >> 4) * x[l + LANES]);
    offsets -= 8 * d * blockSums[b];
  }
  return total(sums) + offsets;
}

VOKEN_SIMD static float dot_q4_1(const uint8_t *w, const float *x, const float *blockSums, size_t n) {
  float sums[LANES] = {0}, offsets = 0;
  for (size_t b = 0; b < n / BLOCK; b++, w += 20, x += BLOCK) {
    float d = half_at(w);
    const uint8_t *q = w + 4;
    for (int l = 0; l < LANES; l++) sums[l] += d * ((float)(q[l] & 15) * x[l] + (float)(q[l] >> 4) * x[l + LANES]);
    offsets += half_at(w + 2) * blockSums[b];
  }
  return total(sums) + offsets;
}

#ifdef HAS_AVX512
// One register holds the 16 values that a nibble can mean in a block, and another permutes them by the nibbles: no
// conversion to floating point.
#define AVX512 __attribute__((target("arch=x86-64-v4")))

typedef struct {
  __m512 low, high;
} Sums;

AVX512 static inline Sums add_block(Sums sums, __m512 table, const uint8_t *q, const float *x) {
  __m512i nibbles = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)q));
  __m512 low = _mm512_permutexvar_ps(nibbles, table);
  __m512 high = _mm512_permutexvar_ps(_mm512_srli_epi32(nibbles, 4), table);
  sums.low = _mm512_fmadd_ps(low, _mm512_loadu_ps(x), sums.low);
  sums.high = _mm512_fmadd_ps(high, _mm512_loadu_ps(x + LANES), sums.high);
  return sums;
}

AVX512 static inline __m512 counting_from(float first) {
  return _mm512_add_ps(
      _mm512_setr_ps(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), _mm512_set1_ps(first));
}

// The first four halves at p as floats.
AVX512 static inline __m128 halves_at(const uint8_t *p) { return _mm_cvtph_ps(_mm_loadu_si64(p)); }

AVX512 static float dot_q4_0_avx512(const uint8_t *w, const float *x, size_t n) {
  __m512 numbers = counting_from(-8);
  Sums sums = {_mm512_setzero_ps(), _mm512_setzero_ps()};
  for (size_t b = 0; b < n / BLOCK; b++, w += 18, x += BLOCK) {
    __m512 scale = _mm512_broadcastss_ps(halves_at(w));
    sums = add_block(sums, _mm512_mul_ps(scale, numbers), w + 2, x);
  }
  return _mm512_reduce_add_ps(_mm512_add_ps(sums.low, sums.high));
}

AVX512 static float dot_q4_1_avx512(const uint8_t *w, const float *x, size_t n) {
  __m512 numbers = counting_from(0);
  Sums sums = {_mm512_setzero_ps(), _mm512_setzero_ps()};
  for (size_t b = 0; b < n / BLOCK; b++, w += 20, x += BLOCK) {
    __m128 halves = halves_at(w);
    __m512 scale = _mm512_broadcastss_ps(halves), offset = _mm512_broadcastss_ps(_mm_movehdup_ps(halves));
    sums = add_block(sums, _mm512_fmadd_ps(scale, numbers, offset), w + 4, x);
  }
  return _mm512_reduce_add_ps(_mm512_add_ps(sums.low, sums.high));
}

AVX512 static float dot_q8_0_avx512(const uint8_t *w, const float *x, size_t n) {
  __m512 sum = _mm512_setzero_ps();
  for (size_t b = 0; b < n / BLOCK; b++, w += 34, x += BLOCK) {
    __m512i low = _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(w + 2)));
    __m512i high = _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(w + 18)));
    __m512 block = _mm512_mul_ps(_mm512_cvtepi32_ps(low), _mm512_loadu_ps(x));
    block = _mm512_fmadd_ps(_mm512_cvtepi32_ps(high), _mm512_loadu_ps(x + LANES), block);
    sum = _mm512_fmadd_ps(_mm512_set1_ps(half_at(w)), block, sum);
  }
  return _mm512_reduce_add_ps(sum);
}

static bool has_avx512(void) { return __builtin_cpu_supports("x86-64-v4"); }
#endif

float voken_dot_q8_0(const uint8_t *w, const float *x, size_t n) {
#ifdef HAS_AVX512
  if (has_avx512()) return dot_q8_0_avx512(w, x, n);
#endif
  return dot_q8_0(w, x, n);
}

float voken_dot_q4_0(const uint8_t *w, const float *x, const float *blockSums, size_t n) {
#ifdef HAS_AVX512
  if (has_avx512()) return dot_q4_0_avx512(w, x, n);
#endif
  return dot_q4_0(w, x, blockSums, n);
}

float voken_dot_q4_1(const uint8_t *w, const float *x, const float *blockSums, size_t n) {
#ifdef HAS_AVX512
  if (has_avx512()) return dot_q4_1_avx512(w, x, n);
#endif
  return dot_q4_1(w, x, blockSums, n);
}
