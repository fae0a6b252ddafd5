#include "CKernels.h"
#include "dispatch.h"
#include "math.h"
#include "vector.h"
#pragma clang diagnostic ignored "-Wpsabi"

// One query's attention to a run of keys, all heads at once: keys and values are read once, in the order of memory.

VOKEN_INLINE float total(vec v) {
  typedef float eight __attribute__((vector_size(32)));
  typedef float four __attribute__((vector_size(16)));
  eight e = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
            __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
  four f = __builtin_shufflevector(e, e, 0, 1, 2, 3) + __builtin_shufflevector(e, e, 4, 5, 6, 7);
  return (f[0] + f[2]) + (f[1] + f[3]);
}

VOKEN_INLINE float dot(const float *x, const float *y, size_t n) {
  vec sums = zero();
  float rest = 0;
  size_t i = 0;
  for (; i + LANES <= n; i += LANES) sums += load(x + i) * load(y + i);
  for (; i < n; i++) rest += x[i] * y[i];
  return total(sums) + rest;
}

// Scores to e^(score − the largest); their sum.
VOKEN_INLINE float soften(float *scores, float *largest) {
  float tops[LANES], top = -INFINITY;
  vec sums = zero();
  for (int l = 0; l < LANES; l++) tops[l] = -INFINITY;
  for (int j = 0; j < VOKEN_RUN; j += LANES)
    for (int l = 0; l < LANES; l++) tops[l] = scores[j + l] > tops[l] ? scores[j + l] : tops[l];
  for (int l = 0; l < LANES; l++) top = tops[l] > top ? tops[l] : top;
  for (int j = 0; j < VOKEN_RUN; j++) scores[j] = fast_exp(scores[j] - top);
  for (int j = 0; j < VOKEN_RUN; j += LANES) sums += load(scores + j);
  *largest = top;
  return total(sums);
}

VOKEN_SIMD void voken_attend_one(const float *q, const float *k, const float *v, size_t keys, size_t heads,
                                 size_t kv_heads, size_t size, float scale, float *scores, float *maxima,
                                 float *totals, float *restrict sums) {
  size_t width = kv_heads * size, shared = heads / kv_heads;
  for (size_t j = 0; j < keys; j++)
    for (size_t h = 0; h < heads; h++)
      scores[h * VOKEN_RUN + j] = scale * dot(q + h * size, k + j * width + h / shared * size, size);
  for (size_t h = 0; h < heads; h++) {
    for (size_t j = keys; j < VOKEN_RUN; j++) scores[h * VOKEN_RUN + j] = -INFINITY;
    totals[h] = soften(scores + h * VOKEN_RUN, maxima + h);
  }
  for (size_t i = 0; i < heads * size; i++) sums[i] = 0;
  size_t j = 0;
  for (; j + 4 <= keys; j += 4)
    for (size_t h = 0; h < heads; h++) {
      const float *p = scores + h * VOKEN_RUN + j, *a = v + j * width + h / shared * size;
      const float *b = a + width, *c = b + width, *d = c + width;
      float *sum = sums + h * size;
      for (size_t i = 0; i < size; i++) sum[i] += (p[0] * a[i] + p[1] * b[i]) + (p[2] * c[i] + p[3] * d[i]);
    }
  for (; j < keys; j++)
    for (size_t h = 0; h < heads; h++)
      for (size_t i = 0; i < size; i++)
        sums[h * size + i] += scores[h * VOKEN_RUN + j] * v[j * width + h / shared * size + i];
}
