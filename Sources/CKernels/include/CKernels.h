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

// Instruction sets for which products are written, each including those before it.
typedef enum { VOKEN_GENERIC, VOKEN_AVX2, VOKEN_AVX512, VOKEN_AVX512_VNNI, VOKEN_AVX512_BF16 } voken_cpu;
voken_cpu voken_best_cpu(void);

// What the two sides of a product are stored as: fp32, bf16, or unsigned (left) and signed (right) bytes.
typedef enum { VOKEN_F32, VOKEN_BF16, VOKEN_INT8 } voken_format;

// c[r, j] = Σ_t Σ_k rows[t·m + r][k]·panel[t·depth + k][j] for up to 64 columns, whose count is rounded up to 16's in c.
// A panel holds 64 columns in groups of 1 (fp32), 2 (bf16) or 4 (int8) elements of a column, 4 bytes each: element
// (k / group, column, k % group). `groups` is depth / group. c: fp32, or int32 where the inputs are bytes.
void voken_multiply_panel(voken_cpu cpu, voken_format format, const void *const *rows, size_t m, size_t taps,
                          size_t groups, const void *panel, size_t columns, void *c, size_t ldc);
// The same added to what c holds.
void voken_add_product(voken_cpu cpu, voken_format format, const void *const *rows, size_t m, size_t groups,
                       const void *panel, size_t columns, void *c, size_t ldc);

// Packs up to 64 columns, fp32 elements x[column·column_stride + tap·tap_stride + k·stride] with k < depth, into a panel;
// what is missing to a whole group or to 64 columns becomes zero. False if a value is not finite.
bool voken_pack_panel(voken_format format, const float *x, size_t columns, size_t taps, size_t depth,
                      size_t column_stride, size_t tap_stride, size_t stride, void *panel);

// Rows of n ≥ 16 numbers, fp32 or bf16, to bytes: x ≈ (y − 128)·scale, the largest magnitude being 127. A row that holds
// NaN or infinity gets NaN for its scale.
void voken_quantize_rows(voken_cpu cpu, const void *x, bool half, size_t rows, size_t n, uint8_t *y, float *scales);
// Packs up to 64 columns of `depth` elements, a multiple of 4, each after the other, as bytes times the column's scale;
// `offsets` are what a left side around 128 adds to each sum. False if a value is not finite.
bool voken_pack_bytes(const float *x, size_t columns, size_t depth, int8_t *panel, float *scales, int32_t *offsets);

// What becomes of the sums of a product: out = (sum + bias + image + addend)·scale, in fp32 or bf16. With `gated`, 32
// columns are left of a panel of 64: (value + bias)·gelu(gate + bias), the gates being columns 32…63.
typedef struct {
  // Where the sums are of bytes: (sum − offset of the column)·scale of the column·scale of the row. Else null.
  const float *row_scales, *column_scales;
  const int32_t *column_offsets;
  const float *bias;      // a row, or null
  const float *image;     // a row, or null
  const void *addend;     // rows `addend_stride` apart, fp32 or bf16, or null
  size_t addend_stride;
  bool addend_half;
  float scale;
  bool gated;
  bool half;
} voken_finish;
void voken_finish_rows(voken_cpu cpu, const voken_finish *finish, const float *sums, size_t ld, size_t rows,
                       size_t columns, void *out, size_t out_stride);

// Where a convolution's taps lie: rows[tap·count + i] is the pixel (of `pixel_bytes`) that tap (ky, kx) sees of output
// pixel start + i, counted over (N, H', W'); `zeros` where that is outside the picture. With `doubled`, the picture is
// seen at twice its height and width, each pixel four times.
typedef struct {
  size_t height, width, pixel_bytes;
  bool doubled;
  size_t out_height, out_width;
  size_t kernel_height, kernel_width, stride, top, left;
} voken_window;
void voken_window_rows(const voken_window *window, const void *x, const void *zeros, size_t start, size_t count,
                       const void **rows);

// Group normalization of rows of `columns`, a multiple of 16, fp32 or bf16: (x − center)·scale + shift, then SiLU if asked.
typedef struct {
  size_t columns;
  const float *center, *scale, *shift;
  bool silu, half_in, half_out;
} voken_normalization;
void voken_block_normalize(voken_cpu cpu, const voken_normalization *n, const void *x, void *y, size_t rows);
// sums[c] and squares[c] over the rows, of fp32 or bf16, columns a multiple of 16.
void voken_block_moments(voken_cpu cpu, const void *x, size_t rows, size_t columns, double *sums, double *squares,
                         bool half);

// A 3×3 convolution of stride 1 by Winograd's F(4×4, 3×3), over tiles of 4 × 4 output pixels; pixels have `channels` of
// fp32, or bf16 where `half`, a multiple of 16. height, width: as seen. The transform's 36 elements are kept by rows of 6,
// in the order 0, 5, 1, 2, 3, 4.
typedef struct {
  size_t height, width, channels;
  size_t out_height, out_width;
  size_t tile_rows, tile_columns;  // tiles of one picture
  ptrdiff_t top, left;             // zeros added
  bool half, doubled;              // doubled: as for a window
} voken_winograd;
// Tiles first…first + count − 1 to v[e·rows + row…] for each element e, in the type of x.
void voken_winograd_input(voken_cpu cpu, const voken_winograd *w, const void *x, const void *zeros, size_t first,
                          size_t count, void *v, size_t rows, size_t row);
// The products v[e·rows + i] (fp32, 64 each, of a panel that begins at output `column` and has `columns`, a multiple of
// 16) of tiles first + i to pixels of `out`, finished as voken_finish says, with a row of `image` for each picture.
void voken_winograd_output(voken_cpu cpu, const voken_winograd *w, const float *v, size_t rows, size_t first,
                           size_t count, const voken_finish *f, size_t column, size_t columns, size_t outputs,
                           void *out);
// Packs the 3×3 kernels of up to 64 outputs, x[(output·depth + k)·9 + tap]: for each group of 1 (fp32) or 2 (bf16) inputs
// and each tap a row of a panel as above, but of fp16 or fp32. False if a value is not finite as it is stored, or if
// fp16 would round too much.
bool voken_pack_kernels(voken_format format, bool half_taps, const float *x, size_t columns, size_t depth, void *panel);
// So many groups of inputs transformed: 12 panels for products, the elements of rows 0 and 5, 1 and 2, or 3 and 4, as `pair`
// says.
void voken_winograd_kernels(voken_cpu cpu, voken_format format, bool half_taps, const void *panel, size_t groups,
                            size_t pair, void *u);

// Attention for one head, of up to 64 queries at a time to keys in blocks: scores are held for a block, a query in each
// column, and what was summed so far is scaled down when a larger score comes (Milakov & Gimelshein 2018; Dao et al. 2022).
typedef struct {
  voken_format format;  // of queries, keys and values: fp32 or bf16
  size_t keys, size;    // a head's size; a multiple of 2 for bf16
  const void *key_rows;    // a row of `size` for each key
  const void *value_rows;  // a row of `value_stride` ≥ keys for each dimension; bf16: even, zeros behind the keys
  size_t value_stride;
  float scale;
} voken_attention;
// Keys and values of one head, rows of `size` elements of 2 or 4 bytes that lie `stride` elements apart, as above.
void voken_pack_keys(const void *keys, const void *values, size_t count, size_t size, size_t stride, size_t element_bytes,
                     void *key_rows, void *value_rows, size_t value_stride);
// Floats that voken_attend needs to work in.
size_t voken_attention_scratch(const voken_attention *a);
// queries: m ≤ 64 rows of `size`, `query_stride` elements apart; out: as many, `stride` elements apart, bf16 if `half`.
void voken_attend(voken_cpu cpu, const voken_attention *a, const void *queries, size_t query_stride, size_t m,
                  float *scratch, void *out, size_t stride, bool half);

// Attention of one query (heads × size) to a run of at most VOKEN_RUN keys and values, rows of kv_heads × size: of each
// head, the largest score times scale, the sum of e^(score − that), and of the values so weighted. scores: room for
// heads × VOKEN_RUN.
enum { VOKEN_RUN = 64 };
void voken_attend_one(const float *q, const float *k, const float *v, size_t keys, size_t heads, size_t kv_heads,
                      size_t size, float scale, float *scores, float *maxima, float *totals, float *sums);

// Tells the processor that this is a loop that waits.
static inline void voken_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}
