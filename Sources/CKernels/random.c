#include "CKernels.h"
#include "dispatch.h"

// Every rounding counts: multiplications and additions are fused where it says so and nowhere else.
#pragma STDC FP_CONTRACT OFF

VOKEN_INLINE float polynomial(const float *coefficients, int n, float x) {
  float sum = coefficients[0];
  for (int i = 1; i < n; i++) sum = __builtin_fmaf(sum, x, coefficients[i]);
  return sum;
}

// ln x for normal positive x.
VOKEN_INLINE float logarithm(float x) {
  static const float series[] = {7.0376836292E-2f,  -1.1514610310E-1f, 1.1676998740E-1f,
                                 -1.2420140846E-1f, 1.4249322787E-1f,  -1.6668057665E-1f,
                                 2.0000714765E-1f,  -2.4999993993E-1f, 3.3333331174E-1f};
  union {
    float value;
    uint32_t bits;
  } u = {x};
  float exponent = (float)((int32_t)(u.bits >> 23) - 126);
  u.bits = (u.bits & 0x007fffff) | 0x3f000000;
  int low = u.value < 0.70710678f;
  exponent -= low ? 1.0f : 0.0f;
  float fraction = u.value - 1.0f;
  fraction = low ? fraction + u.value : fraction;
  float square = fraction * fraction;
  float tail = exponent * -2.12194440e-4f;
  tail = __builtin_fmaf(polynomial(series, 9, fraction) * fraction, square, tail);
  tail = __builtin_fmaf(square, -0.5f, tail);
  return __builtin_fmaf(exponent, 0.693359375f, fraction + tail);
}

VOKEN_SIMD void voken_box_muller(float *x, size_t blocks, float full_turn) {
  static const float cosines[] = {2.443315711809948E-005f, -1.388731625493765E-003f, 4.166664568298827E-002f};
  static const float sines[] = {-1.9515295891E-4f, 8.3321608736E-3f, -1.6666654611E-1f};
  for (size_t block = 0; block < blocks; block++) {
    float *radii = x + 16 * block, *angles = radii + 8;
    float first[8], second[8];
    for (int i = 0; i < 8; i++) {
      float radius = __builtin_elementwise_sqrt(-2.0f * logarithm(1.0f - radii[i]));
      float turned = full_turn * angles[i];
      int32_t octant = ((int32_t)(turned * 1.27323954473516f) + 1) & ~1;
      float turns = (float)octant;
      // π/4 in three parts, so that the subtraction loses nothing.
      float angle = __builtin_fmaf(turns, -0.78515625f, turned);
      angle = __builtin_fmaf(turns, -2.4187564849853515625e-4f, angle);
      angle = __builtin_fmaf(turns, -3.77489497744594108e-8f, angle);
      float square = angle * angle;
      float cosine = __builtin_fmaf(polynomial(cosines, 3, square) * square, square, -(square * 0.5f)) + 1.0f;
      float sine = __builtin_fmaf(polynomial(sines, 3, square) * square, angle, angle);
      int swaps = octant & 2;
      float c = swaps ? sine : cosine, s = swaps ? cosine : sine;
      first[i] = radius * ((octant + 2) & 4 ? -c : c);
      second[i] = radius * (octant & 4 ? -s : s);
    }
    for (int i = 0; i < 8; i++) radii[i] = first[i], angles[i] = second[i];
  }
}
