#include "gemm.h"
#include "math.h"

VOKEN_INLINE uint16_t rounded(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  uint32_t even = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  return (uint16_t)((bits & 0x7fffffff) > 0x7f800000 ? (bits >> 16) | 0x40 : even);
}

// The row is finished in a buffer, from where it is stored in either type.
VOKEN_SIMD void voken_finish_rows(const voken_finish *f, const float *sums, size_t ld, size_t rows, size_t columns,
                                  void *out, size_t out_stride) {
  float row[PANEL];
  size_t width = f->gated ? columns / 2 : columns;
  for (size_t r = 0; r < rows; r++, sums += ld) {
    for (size_t j = 0; j < columns; j++) row[j] = sums[j];
    if (f->bias)
      for (size_t j = 0; j < columns; j++) row[j] += f->bias[j];
    if (f->gated)
      for (size_t j = 0; j < width; j++) row[j] *= gelu(row[j + width]);
    if (f->image)
      for (size_t j = 0; j < width; j++) row[j] += f->image[j];
    if (f->addend)
      for (size_t j = 0; j < width; j++) row[j] += f->addend[r * f->addend_stride + j];
    if (f->scale != 1)
      for (size_t j = 0; j < width; j++) row[j] *= f->scale;
    if (f->half)
      for (size_t j = 0; j < width; j++) ((uint16_t *)out)[r * out_stride + j] = rounded(row[j]);
    else
      for (size_t j = 0; j < width; j++) ((float *)out)[r * out_stride + j] = row[j];
  }
}
