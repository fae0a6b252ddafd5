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

// erf as an odd rational function on [-4, 4], where it saturates in fp32 (error below 5e-7).
VOKEN_INLINE float fast_erf(float x) {
  x = x < -4.0f ? -4.0f : x;
  x = x > 4.0f ? 4.0f : x;
  float s = x * x;
  float p = -2.72614225801306e-10f;
  p = p * s + 2.77068142495902e-08f;
  p = p * s - 2.10102402082508e-06f;
  p = p * s - 5.69250639462346e-05f;
  p = p * s - 7.34990630326855e-04f;
  p = p * s - 2.95459980854025e-03f;
  p = p * s - 1.60960333262415e-02f;
  float q = -1.45660718464996e-05f;
  q = q * s - 2.13374055278905e-04f;
  q = q * s - 1.68282697438203e-03f;
  q = q * s - 7.37332916720468e-03f;
  q = q * s - 1.42647390514189e-02f;
  return x * p / q;
}

VOKEN_INLINE float sigmoid(float x) { return 1.0f / (1.0f + fast_exp(-x)); }
VOKEN_INLINE float silu(float x) { return x * sigmoid(x); }
VOKEN_INLINE float gelu(float x) { return 0.5f * x * (1.0f + fast_erf(x * 0.70710678118654752f)); }
