// Products with packed panels: the choice of a tile by instruction set, and the loop over a block.
#include "gemm.h"
#include <string.h>

#if defined(__x86_64__)
extern const voken_tile voken_f32_avx512, voken_bf16_avx512, voken_bf16_native, voken_int8_vnni;
extern const voken_tile voken_f32_avx2, voken_bf16_avx2, voken_int8_avx2;
#endif

voken_cpu voken_best_cpu(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl")) {
    if (!__builtin_cpu_supports("avx512vnni")) return VOKEN_AVX512;
    return __builtin_cpu_supports("avx512bf16") ? VOKEN_AVX512_BF16 : VOKEN_AVX512_VNNI;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c"))
    return VOKEN_AVX2;
#endif
  return VOKEN_GENERIC;
}

static float widened(uint16_t half) {
  uint32_t bits = (uint32_t)half << 16;
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

// For any processor: plain loops, columns innermost.
#define PLAIN(NAME, ROW, ELEMENT, SUM, GROUP, LEFT, RIGHT)                                                    \
  static void NAME(const void *const *rows, size_t offset, size_t mr, size_t nv, size_t depth,                \
                   const void *panel, void *result, size_t ldc, bool accumulate) {                            \
    SUM *c = result;                                                                                          \
    for (size_t r = 0; r < mr; r++) {                                                                         \
      const ROW *a = (const ROW *)rows[r] + offset * GROUP;                                                   \
      if (!accumulate) memset(c + r * ldc, 0, nv * 16 * sizeof(SUM));                                         \
      for (size_t k = 0; k < depth; k++) {                                                                    \
        const ELEMENT *b = (const ELEMENT *)panel + k * PANEL * GROUP;                                        \
        for (size_t j = 0; j < nv * 16; j++)                                                                  \
          for (size_t g = 0; g < GROUP; g++)                                                                  \
            c[r * ldc + j] += LEFT(a[k * GROUP + g]) * RIGHT(b[j * GROUP + g]);                               \
      }                                                                                                       \
    }                                                                                                         \
  }
PLAIN(f32_plain, float, float, float, 1, , )
PLAIN(bf16_plain, uint16_t, uint16_t, float, 2, widened, widened)
PLAIN(int8_plain, uint8_t, int8_t, int32_t, 4, (int32_t), (int32_t))

voken_tile voken_tile_for(voken_cpu cpu, voken_format format) {
#if defined(__x86_64__)
  switch (format) {
    case VOKEN_F32:
      if (cpu >= VOKEN_AVX512) return voken_f32_avx512;
      if (cpu == VOKEN_AVX2) return voken_f32_avx2;
      break;
    case VOKEN_BF16:
      if (cpu == VOKEN_AVX512_BF16) return voken_bf16_native;
      if (cpu >= VOKEN_AVX512) return voken_bf16_avx512;
      if (cpu == VOKEN_AVX2) return voken_bf16_avx2;
      break;
    case VOKEN_INT8:
      if (cpu >= VOKEN_AVX512_VNNI) return voken_int8_vnni;
      if (cpu >= VOKEN_AVX2) return voken_int8_avx2;
  }
#endif
  return format == VOKEN_F32 ? f32_plain : format == VOKEN_BF16 ? bf16_plain : int8_plain;
}

// Groups of one panel that stay in the nearest caches while all rows pass.
enum { DEPTH = 256 };

static void multiply(voken_cpu cpu, voken_format format, const void *const *rows, size_t m, size_t taps,
                     size_t groups, const void *panel, size_t columns, void *c, size_t ldc, bool accumulate) {
  voken_tile tile = voken_tile_for(cpu, format);
  size_t nv = (columns + 15) / 16, parts = (groups + DEPTH - 1) / DEPTH;
  // Equal parts, so that the last is not a short one.
  size_t part = parts ? (groups + parts - 1) / parts : 0;
  const char *p = panel;
  for (size_t t = 0; t < taps; t++)
    for (size_t k = 0; k < groups; k += part) {
      size_t depth = groups - k < part ? groups - k : part;
      for (size_t r = 0; r < m; r += ROWS)
        tile(rows + t * m + r, k, m - r < ROWS ? m - r : ROWS, nv, depth, p, (float *)c + r * ldc, ldc,
             accumulate || t + k > 0);
      p += depth * PANEL * 4;
    }
}

void voken_multiply_panel(voken_cpu cpu, voken_format format, const void *const *rows, size_t m, size_t taps,
                          size_t groups, const void *panel, size_t columns, void *c, size_t ldc) {
  multiply(cpu, format, rows, m, taps, groups, panel, columns, c, ldc, false);
}

void voken_add_product(voken_cpu cpu, voken_format format, const void *const *rows, size_t m, size_t groups,
                       const void *panel, size_t columns, void *c, size_t ldc) {
  multiply(cpu, format, rows, m, 1, groups, panel, columns, c, ldc, true);
}
