// Loops that the Swift compiler does not vectorize for the CPU at hand. Each is compiled for several instruction
// sets and chosen at load time. All work on contiguous fp32 unless the name says otherwise; `y` may equal `x`.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Activations, y[i] = f(x[i]).
void voken_silu(const float *x, float *y, size_t n);
void voken_relu(const float *x, float *y, size_t n);
void voken_gelu_erf(const float *x, float *y, size_t n);
void voken_gelu_tanh(const float *x, float *y, size_t n);
void voken_gelu_quick(const float *x, float *y, size_t n);
// y = silu(gate) · up.
void voken_swiglu(const float *gate, const float *up, float *y, size_t n);
// x: rows × 2n (value, then gate); y: rows × n = value · gelu(gate), erf form.
void voken_geglu(const float *x, float *y, size_t rows, size_t n);

// Elementwise: z = a·x + b·y, and y = a·x + b.
void voken_axpby(float a, const float *x, float b, const float *y, float *z, size_t n);
void voken_affine(float a, const float *x, float b, float *y, size_t n);
void voken_multiply(const float *x, const float *y, float *z, size_t n);
// y[r, c] = x[r, c] + row[c].
void voken_add_row(const float *x, const float *row, float *y, size_t rows, size_t columns);

// In place softmax of each row of x·scale; `rows` are `stride` floats apart.
void voken_softmax(float *x, size_t rows, size_t columns, size_t stride, float scale);

// Normalizations over rows of `columns`; bias may be null.
void voken_layer_norm(const float *x, float *y, size_t rows, size_t columns, const float *weight,
                      const float *bias, float epsilon);
void voken_rms_norm(const float *x, float *y, size_t rows, size_t columns, const float *weight, float epsilon);
// sums[c] and squares[c]: the sum of x[r, c] and of its square over the rows.
void voken_column_moments(const float *x, size_t rows, size_t columns, double *sums, double *squares);
// y[r, c] = (x[r, c] − center[c])·scale[c] + shift[c], followed by SiLU if asked.
void voken_scale_shift(const float *x, float *y, size_t rows, size_t columns, const float *center,
                       const float *scale, const float *shift, bool silu);

// Rotary embedding in place: rows × heads × size, halves (i, i + size/2) turned by the row's angles (size/2 each).
void voken_rope(float *x, size_t rows, size_t heads, size_t size, const float *cosines, const float *sines);
// The same for neighbours (2i, 2i + 1).
void voken_rope_neighbours(float *x, size_t rows, size_t heads, size_t size, const float *cosines, const float *sines);

// Storage formats to fp32.
void voken_f16_to_f32(const uint16_t *x, float *y, size_t n);
void voken_bf16_to_f32(const uint16_t *x, float *y, size_t n);
void voken_f32_to_f16(const float *x, uint16_t *y, size_t n);
void voken_f32_to_bf16(const float *x, uint16_t *y, size_t n);
bool voken_all_finite(const float *x, size_t n);

float voken_dot(const float *x, const float *y, size_t n);
// x·w for one row of n/32 GGML blocks; `block_sums` are those of x (n/32).
void voken_block_sums(const float *x, float *sums, size_t n);
float voken_dot_q8_0(const uint8_t *w, const float *x, size_t n);
float voken_dot_q4_0(const uint8_t *w, const float *x, const float *block_sums, size_t n);
float voken_dot_q4_1(const uint8_t *w, const float *x, const float *block_sums, size_t n);

// GGML's quantized blocks to fp32: 32 elements a block, 256 for the k formats. Blocks need no alignment.
void voken_q8_0_to_f32(const uint8_t *x, float *y, size_t blocks);
void voken_q4_0_to_f32(const uint8_t *x, float *y, size_t blocks);
void voken_q4_1_to_f32(const uint8_t *x, float *y, size_t blocks);
void voken_q5_0_to_f32(const uint8_t *x, float *y, size_t blocks);
void voken_q5_1_to_f32(const uint8_t *x, float *y, size_t blocks);
void voken_q4_k_to_f32(const uint8_t *x, float *y, size_t blocks);
void voken_q5_k_to_f32(const uint8_t *x, float *y, size_t blocks);
void voken_q6_k_to_f32(const uint8_t *x, float *y, size_t blocks);

// The Box–Muller transform of PyTorch, in blocks of 8 radii and 8 angles that are uniform on [0, 1): see `BoxMuller`.
void voken_box_muller(float *x, size_t blocks, float full_turn);

// Tells the processor that this is a loop that waits.
static inline void voken_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}
