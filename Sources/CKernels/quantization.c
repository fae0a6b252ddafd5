#include "CKernels.h"
#include "dispatch.h"
#include <string.h>

// GGML's block formats, little-endian. A value is decoded as GGML does it, one rounding per operation, so that the
// result is the same on every CPU.
#pragma STDC FP_CONTRACT OFF

// Blocks are packed at odd addresses, so fields are copied out.
VOKEN_INLINE float half_at(const uint8_t *p) {
  _Float16 h;
  memcpy(&h, p, 2);
  return (float)h;
}

VOKEN_INLINE uint32_t word_at(const uint8_t *p) {
  uint32_t w;
  memcpy(&w, p, 4);
  return w;
}

// d, 32 × int8.
VOKEN_SIMD void voken_q8_0_to_f32(const uint8_t *restrict x, float *restrict y, size_t blocks) {
  for (size_t b = 0; b < blocks; b++, x += 34, y += 32) {
    float d = half_at(x);
    for (int i = 0; i < 32; i++) y[i] = (float)(int8_t)x[2 + i] * d;
  }
}

// The low halves of 16 bytes, then the high halves.
VOKEN_INLINE void unpack_nibbles(const uint8_t *p, uint8_t *q) {
  for (int i = 0; i < 16; i++) q[i] = p[i] & 15;
  for (int i = 0; i < 16; i++) q[16 + i] = p[i] >> 4;
}

// d, 32 × 4 bits around 8.
VOKEN_SIMD void voken_q4_0_to_f32(const uint8_t *restrict x, float *restrict y, size_t blocks) {
  for (size_t b = 0; b < blocks; b++, x += 18, y += 32) {
    float d = half_at(x);
    uint8_t q[32];
    unpack_nibbles(x + 2, q);
    for (int i = 0; i < 32; i++) y[i] = (float)(q[i] - 8) * d;
  }
}

// d, m, 32 × 4 bits.
VOKEN_SIMD void voken_q4_1_to_f32(const uint8_t *restrict x, float *restrict y, size_t blocks) {
  for (size_t b = 0; b < blocks; b++, x += 20, y += 32) {
    float d = half_at(x), m = half_at(x + 2);
    uint8_t q[32];
    unpack_nibbles(x + 4, q);
    for (int i = 0; i < 32; i++) y[i] = (float)q[i] * d + m;
  }
}

// d, 32 × the fifth bit, 32 × 4 bits, around 16.
VOKEN_SIMD void voken_q5_0_to_f32(const uint8_t *restrict x, float *restrict y, size_t blocks) {
  for (size_t b = 0; b < blocks; b++, x += 22, y += 32) {
    float d = half_at(x);
    uint32_t high = word_at(x + 2);
    for (int i = 0; i < 16; i++) y[i] = (float)((int)((x[6 + i] & 15) | (high >> i & 1) << 4) - 16) * d;
    for (int i = 0; i < 16; i++) y[16 + i] = (float)((int)((x[6 + i] >> 4) | (high >> (16 + i) & 1) << 4) - 16) * d;
  }
}

// d, m, 32 × the fifth bit, 32 × 4 bits.
VOKEN_SIMD void voken_q5_1_to_f32(const uint8_t *restrict x, float *restrict y, size_t blocks) {
  for (size_t b = 0; b < blocks; b++, x += 24, y += 32) {
    float d = half_at(x), m = half_at(x + 2);
    uint32_t high = word_at(x + 4);
    for (int i = 0; i < 16; i++) y[i] = (float)(int)((x[8 + i] & 15) | (high >> i & 1) << 4) * d + m;
    for (int i = 0; i < 16; i++) y[16 + i] = (float)(int)((x[8 + i] >> 4) | (high >> (16 + i) & 1) << 4) * d + m;
  }
}

// The eight 6-bit scales and minimums that Q4_K and Q5_K pack into 12 bytes.
VOKEN_INLINE void unpack_scales(const uint8_t *p, uint8_t *scales, uint8_t *minimums) {
  for (int i = 0; i < 4; i++) {
    scales[i] = p[i] & 63;
    minimums[i] = p[4 + i] & 63;
    scales[4 + i] = (p[8 + i] & 15) | (p[i] >> 6) << 4;
    minimums[4 + i] = p[8 + i] >> 4 | (p[4 + i] >> 6) << 4;
  }
}

// d, dmin, scales and minimums, 256 × 4 bits; 32 low halves, then 32 high halves, four times.
VOKEN_SIMD void voken_q4_k_to_f32(const uint8_t *restrict x, float *restrict y, size_t blocks) {
  for (size_t b = 0; b < blocks; b++, x += 144, y += 256) {
    float d = half_at(x), dmin = half_at(x + 2);
    uint8_t scales[8], minimums[8];
    unpack_scales(x + 4, scales, minimums);
    for (int group = 0; group < 4; group++) {
      const uint8_t *q = x + 16 + group * 32;
      float *out = y + group * 64;
      float d1 = d * (float)scales[2 * group], m1 = dmin * (float)minimums[2 * group];
      float d2 = d * (float)scales[2 * group + 1], m2 = dmin * (float)minimums[2 * group + 1];
      for (int i = 0; i < 32; i++) out[i] = d1 * (float)(q[i] & 15) - m1;
      for (int i = 0; i < 32; i++) out[32 + i] = d2 * (float)(q[i] >> 4) - m2;
    }
  }
}

// d, dmin, scales and minimums, 32 bytes whose bit k is the fifth bit of run k, 256 × 4 bits as in Q4_K.
VOKEN_SIMD void voken_q5_k_to_f32(const uint8_t *restrict x, float *restrict y, size_t blocks) {
  for (size_t b = 0; b < blocks; b++, x += 176, y += 256) {
    float d = half_at(x), dmin = half_at(x + 2);
    const uint8_t *high = x + 16;
    uint8_t scales[8], minimums[8];
    unpack_scales(x + 4, scales, minimums);
    for (int group = 0; group < 4; group++) {
      const uint8_t *q = x + 48 + group * 32;
      float *out = y + group * 64;
      float d1 = d * (float)scales[2 * group], m1 = dmin * (float)minimums[2 * group];
      float d2 = d * (float)scales[2 * group + 1], m2 = dmin * (float)minimums[2 * group + 1];
      for (int i = 0; i < 32; i++)
        out[i] = d1 * (float)((q[i] & 15) | (high[i] >> (2 * group) & 1) << 4) - m1;
      for (int i = 0; i < 32; i++)
        out[32 + i] = d2 * (float)((q[i] >> 4) | (high[i] >> (2 * group + 1) & 1) << 4) - m2;
    }
  }
}

// 256 × 4 low bits, 256 × 2 high bits, 16 × int8 scale, d; around 32. Runs of 32 take bits 2k of the high bytes.
VOKEN_SIMD void voken_q6_k_to_f32(const uint8_t *restrict x, float *restrict y, size_t blocks) {
  for (size_t b = 0; b < blocks; b++, x += 210, y += 256) {
    float d = half_at(x + 208);
    float scales[16];
    for (int i = 0; i < 16; i++) scales[i] = d * (float)(int8_t)x[192 + i];
    for (int run = 0; run < 8; run++) {
      const uint8_t *low = x + run / 4 * 64 + run % 2 * 32, *high = x + 128 + run / 4 * 32;
      int lowShift = run % 4 / 2 * 4, highShift = run % 4 * 2;
      for (int half = 0; half < 2; half++) {
        float scale = scales[2 * run + half];
        for (int i = 16 * half; i < 16 * half + 16; i++) {
          int q = (low[i] >> lowShift & 15) | (high[i] >> highShift & 3) << 4;
          y[32 * run + i] = scale * (float)(q - 32);
        }
      }
    }
  }
}
