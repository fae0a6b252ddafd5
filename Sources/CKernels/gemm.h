#pragma once
#include "CKernels.h"
#include "dispatch.h"

// A tile of a product: `mr` rows (at most ROWS) by `nv` vectors of 16 columns (at most 4).
//   c[r·ldc + j] (+)= Σ_k rows[r][k]·panel[k][j]
// Panels are 64 columns wide and hold each column's elements in groups of 1 (fp32), 2 (bf16) or 4 (int8), the unit that
// one lane of a dot product instruction takes: panel[k / group][column][k % group]. `depth` counts groups.
typedef void (*voken_tile)(const void *const *rows, size_t offset, size_t mr, size_t nv, size_t depth,
                           const void *panel, void *c, size_t ldc, bool accumulate);

enum { ROWS = 6, PANEL = 64 };

voken_tile voken_tile_for(voken_cpu cpu, voken_format format);

#if defined(__x86_64__)
#define TARGET_AVX2 __attribute__((target("avx2,fma")))
#define TARGET_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma")))
#define TARGET_VNNI __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,fma")))
#define TARGET_BF16 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")))
#endif
#define UNROLL _Pragma("clang loop unroll(full)")

// Calls BODY(mr, nv) with constants, so that accumulators become registers.
#define EACH_ROWS(NV, BODY) \
  switch (mr) {             \
    case 1: BODY(1, NV); break; \
    case 2: BODY(2, NV); break; \
    case 3: BODY(3, NV); break; \
    case 4: BODY(4, NV); break; \
    case 5: BODY(5, NV); break; \
    default: BODY(6, NV); break; \
  }
#define EACH_TILE(BODY)               \
  switch (nv) {                       \
    case 1: EACH_ROWS(1, BODY) break; \
    case 2: EACH_ROWS(2, BODY) break; \
    case 3: EACH_ROWS(3, BODY) break; \
    default: EACH_ROWS(4, BODY) break; \
  }
