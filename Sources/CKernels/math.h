#pragma once
#include "dispatch.h"
#include <math.h>
#include <stdint.h>
#include <string.h>

// e^x to about 1 ulp: x = k·ln 2 + r, a degree-6 polynomial in r, and k put into the exponent in two halves, so that
// results near the ends of the range neither overflow early nor lose the subnormals' sign of life.
VOKEN_INLINE float fast_exp(float x) {
  x = x < -104.0f ? -104.0f : x;
  x = x > 89.0f ? 89.0f : x;
  float k = __builtin_roundevenf(x * 1.44269504088896341f);
  float r = x - k * 0.693359375f;
  r = r + k * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  float e = (p * r) * r + r + 1.0f;
  int32_t n = (int32_t)k, half = n >> 1;
  int32_t high = (half + 127) << 23, low = (n - half + 127) << 23;
  float a, b;
  memcpy(&a, &high, 4);
  memcpy(&b, &low, 4);
  return e * a * b;
}

VOKEN_INLINE float sigmoid(float x) { return 1.0f / (1.0f + fast_exp(-x)); }
VOKEN_INLINE float silu(float x) { return x * sigmoid(x); }

// x·Φ(x) = max(x, 0) − |x|·Φ(−|x|): the small tail is computed for itself, since 1 + erf(x) would cancel. It is
// e^(−x²/2) times t·(a polynomial in t = 1/(1 + 0.4·|x|/√2)), fitted to a relative error of 7e-8.
VOKEN_INLINE float gelu(float x) {
  float a = fabsf(x);
  a = a > 20.0f ? 20.0f : a;
  float t = 1.0f / (1.0f + 0.28284271f * a);
  float p = 0.0206266655f;
  p = p * t - 0.0701603142f;
  p = p * t + 0.0419950509f;
  p = p * t + 0.0439806009f;
  p = p * t + 0.0398792966f;
  p = p * t + 0.0966961723f;
  p = p * t + 0.100943901f;
  p = p * t + 0.113221542f;
  p = p * t + 0.112817116f;
  return (x > 0 ? x : 0) - a * (p * t) * fast_exp(-0.5f * a * a);
}
