#pragma once
// Sixteen fp32 numbers, in as few registers as the function they are used in may use.
#include "dispatch.h"
#include <stdint.h>
#include <string.h>

typedef float vec __attribute__((vector_size(64), aligned(4)));
typedef uint32_t bits __attribute__((vector_size(64), aligned(4)));
typedef uint16_t halves __attribute__((vector_size(32), aligned(2)));

VOKEN_INLINE vec zero(void) { return (vec){0}; }
VOKEN_INLINE vec load(const float *x) { return *(const vec *)x; }
VOKEN_INLINE void store(float *x, vec v) { *(vec *)x = v; }
VOKEN_INLINE vec load_half(const uint16_t *x) {
  return (vec)(__builtin_convertvector(*(const halves *)x, bits) << 16);
}
VOKEN_INLINE vec load_f16(const uint16_t *x) {
  typedef _Float16 sixteen __attribute__((vector_size(32), aligned(2)));
  return __builtin_convertvector(*(const sixteen *)x, vec);
}
#ifdef VOKEN_NATIVE_BF16
VOKEN_INLINE void store_half(uint16_t *x, vec v) { *(halves *)x = (halves)_mm512_cvtneps_pbh((__m512)v); }
// Two vectors that follow each other.
VOKEN_INLINE void store_halves(uint16_t *x, vec first, vec second) {
  _mm512_storeu_si512(x, (__m512i)_mm512_cvtne2ps_pbh((__m512)second, (__m512)first));
}
// Words of two bf16, the first in the lower half.
VOKEN_INLINE void store_pairs(void *x, vec first, vec second) {
  typedef uint16_t all __attribute__((vector_size(64), aligned(2)));
  all v = (all)_mm512_cvtne2ps_pbh((__m512)second, (__m512)first);
  *(all *)x = __builtin_shufflevector(v, v, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23, 8, 24, 9, 25, 10, 26,
                                      11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}
#else
// Rounded to the nearest even bf16; a NaN keeps a bit that makes it one.
VOKEN_INLINE bits narrowed(vec v) {
  bits b = (bits)v;
  bits rounded = b + 0x7fff + ((b >> 16) & 1);
  bits nan = (bits)(v != v);
  return ((rounded & ~nan) | ((b | 0x400000) & nan)) >> 16;
}
VOKEN_INLINE void store_half(uint16_t *x, vec v) { *(halves *)x = __builtin_convertvector(narrowed(v), halves); }
VOKEN_INLINE void store_halves(uint16_t *x, vec first, vec second) {
  store_half(x, first);
  store_half(x + 16, second);
}
VOKEN_INLINE void store_pairs(void *x, vec first, vec second) { *(bits *)x = narrowed(first) | narrowed(second) << 16; }
#endif

#ifdef VOKEN_AVX512
// 2^x to 1e-4, which bf16 cannot tell apart; 0 where it is too small, and NaN of NaN.
VOKEN_INLINE vec rough_power_of_two(vec x) {
  vec r = (vec)_mm512_reduce_ps((__m512)x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);  // x − ⌊x⌋
  vec p = ((7.802452e-2f * r + 2.2606716e-1f) * r + 6.9583354e-1f) * r + 9.9992522e-1f;
  return (vec)_mm512_scalef_ps((__m512)p, (__m512)x);
}
// To 2⁻¹⁴.
VOKEN_INLINE vec rough_reciprocal(vec x) { return (vec)_mm512_rcp14_ps((__m512)x); }
#else
VOKEN_INLINE vec rough_reciprocal(vec x) { return 1.0f / x; }
#endif
