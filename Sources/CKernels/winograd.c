#include "simd.h"

void voken_winograd_input(voken_cpu cpu, const voken_winograd *w, const void *x, const void *zeros, size_t first,
                          size_t count, void *v, size_t rows, size_t row) {
  voken_simd_for(cpu).winograd_input(w, x, zeros, first, count, v, rows, row);
}

void voken_winograd_output(voken_cpu cpu, const voken_winograd *w, const float *v, size_t rows, size_t row,
                           size_t first, size_t count, const voken_finish *f, size_t outputs, void *out) {
  voken_simd_for(cpu).winograd_output(w, v, rows, row, first, count, f, outputs, out);
}

// G·g·Gᵀ in double precision: it is done once, and what it loses is lost for good.
void voken_winograd_weights(size_t m, const float *g, size_t count, float *u) {
  const double a = 2.0 / 3, b = 1.5;
  const double na = 2 * a * a * (a * a - b * b), nb = 2 * b * b * (b * b - a * a);
  const double g4[6][3] = {{1, 0, 0},
                           {1 / na, a / na, a * a / na},
                           {1 / na, -a / na, a * a / na},
                           {1 / nb, b / nb, b * b / nb},
                           {1 / nb, -b / nb, b * b / nb},
                           {0, 0, 1}};
  const double g2[4][3] = {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}};
  const double(*t)[3] = m == 2 ? g2 : g4;
  size_t n = m + 2;
  for (size_t i = 0; i < count; i++, g += 9) {
    double half[6][3];
    for (size_t y = 0; y < n; y++)
      for (size_t x = 0; x < 3; x++) half[y][x] = t[y][0] * g[x] + t[y][1] * g[3 + x] + t[y][2] * g[6 + x];
    for (size_t y = 0; y < n; y++)
      for (size_t x = 0; x < n; x++)
        u[(y * n + x) * count + i] =
            (float)(half[y][0] * t[x][0] + half[y][1] * t[x][1] + half[y][2] * t[x][2]);
  }
}
