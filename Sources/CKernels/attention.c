#include "gemm.h"
#include "simd.h"
#include <math.h>
#include <string.h>

// Keys of a block: its scores for all rows fit into the second cache beside its keys and values.
enum { BLOCK = 512 };

VOKEN_INLINE size_t padded(size_t size) { return (size + 63) / 64 * 64; }
VOKEN_INLINE size_t block_keys(const voken_attention *a) { return a->keys < BLOCK ? padded(a->keys) : BLOCK; }

size_t voken_attention_scratch(const voken_attention *a, size_t m) {
  size_t block = block_keys(a), half = a->format == VOKEN_BF16 ? block / 2 : 0;
  return m * (block + half + padded(a->size) + 2) + m * (sizeof(void *) / sizeof(float)) + 32;
}

void voken_attend(voken_cpu cpu, const voken_attention *a, const void *const *rows, size_t m, float *scratch,
                  void *out, size_t stride, bool half) {
  voken_simd simd = voken_simd_for(cpu);
  bool narrow = a->format == VOKEN_BF16;
  size_t group = narrow ? 2 : 1, block = block_keys(a), width = padded(a->size);
  size_t key_panel = a->size * PANEL * (4 / group), value_panel = padded(a->keys) * PANEL * (4 / group);
  const void **weights = (const void **)scratch;
  float *scores = scratch + (m * sizeof(void *) / sizeof(float) + 15) / 16 * 16;
  uint16_t *halves_ = (uint16_t *)(scores + m * block);
  float *sums = scores + m * block + (narrow ? m * block / 2 : 0), *maxima = sums + m * width, *totals = maxima + m;
  for (size_t r = 0; r < m; r++) {
    maxima[r] = -INFINITY;
    totals[r] = 0;
    weights[r] = narrow ? (const void *)(halves_ + r * block) : (const void *)(scores + r * block);
  }
  memset(sums, 0, m * width * sizeof(float));
  for (size_t start = 0; start < a->keys; start += block) {
    size_t keys = a->keys - start < block ? a->keys - start : block, room = padded(keys);
    for (size_t j = 0; j < keys; j += PANEL)
      voken_multiply_panel(cpu, a->format, rows, m, 1, a->size / group,
                           (const char *)a->key_panels + (start + j) / PANEL * key_panel,
                           keys - j < PANEL ? keys - j : PANEL, scores + j, block);
    for (size_t r = 0; r < m; r++) {
      float factor = simd.soften(scores + r * block, halves_ + r * block, keys, room, a->scale * 1.44269504f,
                          maxima + r, totals + r, narrow);
      if (start > 0 && factor != 1) simd.scale_row(sums + r * width, width, factor);
    }
    for (size_t d = 0; d < a->size; d += PANEL)
      voken_add_product(cpu, a->format, weights, m, room / group,
                        (const char *)a->value_panels + d / PANEL * value_panel + start * PANEL * (4 / group),
                        a->size - d < PANEL ? a->size - d : PANEL, sums + d, width);
  }
  for (size_t r = 0; r < m; r++) {
    simd.scale_row(sums + r * width, width, 1 / totals[r]);
    if (half) {
      uint16_t *row = (uint16_t *)(scores);
      simd.narrow(sums + r * width, row, width);
      memcpy((uint16_t *)out + r * stride, row, a->size * 2);
    } else {
      memcpy((float *)out + r * stride, sums + r * width, a->size * 4);
    }
  }
}
