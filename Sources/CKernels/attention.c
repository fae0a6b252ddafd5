#include "gemm.h"
#include "simd.h"
#include <math.h>
#include <string.h>

// Keys of a block: its scores stay in the first cache. A multiple of ROWS and of 2.
enum { BLOCK = 96 };

size_t voken_attention_scratch(const voken_attention *a) { return (2 * a->size + 1 + BLOCK + 4) * PANEL; }

// Through blocks of 16 × 16, so that both sides are read and written a cache line at a time.
#define PACK_KEYS(TYPE)                                                                     \
  for (size_t k = 0; k < count; k++)                                                        \
    memcpy((TYPE *)key_rows + k * size, (const TYPE *)keys + k * stride, size * sizeof(TYPE)); \
  memset(value_rows, 0, size * value_stride * sizeof(TYPE));                                \
  for (size_t k = 0; k < count; k += 16)                                                    \
    for (size_t d = 0; d < size; d++)                                                       \
      for (size_t i = k; i < count && i < k + 16; i++)                                      \
        ((TYPE *)value_rows)[d * value_stride + i] = ((const TYPE *)values)[i * stride + d];

void voken_pack_keys(const void *keys, const void *values, size_t count, size_t size, size_t stride, size_t element_bytes,
                     void *key_rows, void *value_rows, size_t value_stride) {
  if (element_bytes == 2) {
    PACK_KEYS(uint16_t)
  } else {
    PACK_KEYS(uint32_t)
  }
}

// y[j·y_stride + i] = x[i·x_stride + j]: 4 bytes each.
static void transpose(const uint32_t *x, size_t x_stride, size_t rows, size_t columns, uint32_t *y, size_t y_stride) {
  for (size_t j = 0; j < columns; j++)
    for (size_t i = 0; i < rows; i++) y[j * y_stride + i] = x[i * x_stride + j];
}

// c (+)= rows·panel for rows of 4·stride bytes that follow each other, from their element `offset` on; all in groups.
static void multiply(voken_tile tile, const void *x, size_t stride, size_t rows, size_t offset, size_t depth,
                     const void *panel, size_t columns, float *c, bool accumulate) {
  for (size_t r = 0; r < rows; r += ROWS) {
    size_t count = rows - r < ROWS ? rows - r : ROWS;
    const void *table[ROWS];
    for (size_t i = 0; i < count; i++) table[i] = (const uint32_t *)x + (r + i) * stride;
    tile(table, offset, count, columns, depth, panel, c + r * PANEL, PANEL, accumulate);
  }
}

void voken_attend(voken_cpu cpu, const voken_attention *a, const void *queries, size_t query_stride, size_t m,
                  float *scratch, void *out, size_t stride, bool half) {
  const voken_simd simd = voken_simd_for(cpu);
  const voken_tile tile = voken_tile_for(cpu, a->format);
  const bool narrow = a->format == VOKEN_BF16;
  const size_t group = narrow ? 2 : 1, words = a->size / group, columns = (m + 15) / 16;
  float *sums = scratch, *panel = sums + (a->size + 1) * PANEL, *scores = panel + a->size * PANEL;
  float *maxima = scores + BLOCK * PANEL, *totals = maxima + PANEL, *factors = totals + PANEL;
  // A word of two bf16 is moved as one number.
  voken_pack_panel(VOKEN_F32, queries, m, 1, words, query_stride / group, 1, 1, panel);
  memset(sums, 0, (a->size + 1) * PANEL * sizeof(float));
  for (size_t i = 0; i < PANEL; i++) {
    maxima[i] = -INFINITY;
    totals[i] = 0;
  }
  for (size_t start = 0; start < a->keys; start += BLOCK) {
    size_t keys = a->keys - start < BLOCK ? a->keys - start : BLOCK;
    multiply(tile, (const uint32_t *)a->key_rows + start * words, words, keys, 0, words, panel, columns, scores, false);
    simd.soften(scores, keys, columns, a->scale * 1.44269504f, maxima, totals, factors, narrow);
    if (start > 0) simd.scale_columns(sums, a->size, factors);
    multiply(tile, a->value_rows, a->value_stride / group, a->size, start / group, (keys + group - 1) / group, scores,
             columns, sums, true);
  }
  for (size_t i = 0; i < PANEL; i++) factors[i] = 1 / totals[i];
  simd.scale_columns(sums, a->size, factors);
  if (half) {
    simd.narrow_pairs(sums, a->size);
    transpose((uint32_t *)sums, PANEL, a->size / 2, m, out, stride / 2);
  } else {
    transpose((uint32_t *)sums, PANEL, a->size, m, out, stride);
  }
}
