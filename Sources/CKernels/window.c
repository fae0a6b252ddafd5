#include "CKernels.h"

void voken_window_rows(const voken_window *w, const void *x, const void *zeros, size_t start, size_t count,
                       const void **rows) {
  const char *base = x;
  const ptrdiff_t shift = w->doubled ? 1 : 0, seen_height = w->height << shift, seen_width = w->width << shift;
  size_t row = start / w->out_width, column = start % w->out_width;
  for (size_t i = 0; i < count; i++) {
    size_t image = row / w->out_height;
    ptrdiff_t y = (ptrdiff_t)(row % w->out_height * w->stride) - (ptrdiff_t)w->top;
    ptrdiff_t left = (ptrdiff_t)(column * w->stride) - (ptrdiff_t)w->left;
    for (size_t ky = 0; ky < w->kernel_height; ky++)
      for (size_t kx = 0; kx < w->kernel_width; kx++) {
        ptrdiff_t py = y + (ptrdiff_t)ky, px = left + (ptrdiff_t)kx;
        bool inside = py >= 0 && py < seen_height && px >= 0 && px < seen_width;
        rows[(ky * w->kernel_width + kx) * count + i] =
            inside ? base + ((image * w->height + (py >> shift)) * w->width + (px >> shift)) * w->pixel_bytes : zeros;
      }
    if (++column == w->out_width) {
      column = 0;
      row++;
    }
  }
}
