#include "CKernels.h"
#include "math.h"

#define MAP(NAME, EXPRESSION)                                                                                      \
  VOKEN_SIMD void NAME(const float *x, float *y, size_t n) {                                                       \
    for (size_t i = 0; i < n; i++) {                                                                               \
      float v = x[i];                                                                                              \
      y[i] = EXPRESSION;                                                                                           \
    }                                                                                                              \
  }

MAP(voken_silu, silu(v))
MAP(voken_relu, v > 0 ? v : (v != v ? v : 0))
MAP(voken_gelu_erf, gelu(v))
// 0.5·(1 + tanh(u)) is sigmoid(2u).
MAP(voken_gelu_tanh, v *sigmoid(1.5957691216057308f * (v + 0.044715f * v * v * v)))
MAP(voken_gelu_quick, v *sigmoid(1.702f * v))

VOKEN_SIMD void voken_swiglu(const float *gate, const float *up, float *y, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = silu(gate[i]) * up[i];
}

VOKEN_SIMD void voken_geglu(const float *x, float *y, size_t rows, size_t n) {
  for (size_t r = 0; r < rows; r++) {
    const float *value = x + r * 2 * n, *gate = value + n;
    float *out = y + r * n;
    for (size_t i = 0; i < n; i++) out[i] = value[i] * gelu(gate[i]);
  }
}
