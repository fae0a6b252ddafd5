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
#ifdef VOKEN_NATIVE_BF16
VOKEN_INLINE void store_half(uint16_t *x, vec v) {
  *(halves *)x = (halves)_mm512_cvtneps_pbh((__m512)v);
}
#else
// Rounded to the nearest even bf16; a NaN keeps a bit that makes it one.
VOKEN_INLINE void store_half(uint16_t *x, vec v) {
  bits b = (bits)v;
  bits rounded = b + 0x7fff + ((b >> 16) & 1);
  bits nan = (bits)(v != v);
  rounded = (rounded & ~nan) | ((b | 0x400000) & nan);
  *(halves *)x = __builtin_convertvector(rounded >> 16, halves);
}
#endif
