// Training kernels for the WASM engine: SIMD, one thread, no allocation, no static data. They work on the memory of tfjs's
// own module, which is handed in. `deno task kernels` builds them; a test compares the digest of the result.
#include <wasm_simd128.h>

#define EXPORT(name) __attribute__((export_name(name)))

// e^x on four lanes: 2^n e^r with |r| <= ln 2 / 2 and a polynomial of degree 6 for e^r (relative error below 2e-7).
static inline v128_t exp4(v128_t x) {
  x = wasm_f32x4_min(wasm_f32x4_max(x, wasm_f32x4_const_splat(-87.0f)), wasm_f32x4_const_splat(87.0f));
  v128_t n = wasm_f32x4_nearest(wasm_f32x4_mul(x, wasm_f32x4_const_splat(1.44269504f)));
  v128_t r = wasm_f32x4_sub(x, wasm_f32x4_mul(n, wasm_f32x4_const_splat(0.693359375f)));
  r = wasm_f32x4_sub(r, wasm_f32x4_mul(n, wasm_f32x4_const_splat(-2.12194440e-4f)));
  v128_t p = wasm_f32x4_const_splat(1.9875691500e-4f);
  p = wasm_f32x4_add(wasm_f32x4_mul(p, r), wasm_f32x4_const_splat(1.3981999507e-3f));
  p = wasm_f32x4_add(wasm_f32x4_mul(p, r), wasm_f32x4_const_splat(8.3334519073e-3f));
  p = wasm_f32x4_add(wasm_f32x4_mul(p, r), wasm_f32x4_const_splat(4.1665795894e-2f));
  p = wasm_f32x4_add(wasm_f32x4_mul(p, r), wasm_f32x4_const_splat(1.6666665459e-1f));
  p = wasm_f32x4_add(wasm_f32x4_mul(p, r), wasm_f32x4_const_splat(5.0000001201e-1f));
  v128_t e = wasm_f32x4_add(wasm_f32x4_add(wasm_f32x4_mul(p, wasm_f32x4_mul(r, r)), r), wasm_f32x4_const_splat(1.0f));
  v128_t scale = wasm_i32x4_shl(wasm_i32x4_add(wasm_i32x4_trunc_sat_f32x4(n), wasm_i32x4_const_splat(127)), 23);
  return wasm_f32x4_mul(e, scale);
}

static inline v128_t sigmoid4(v128_t x) {
  v128_t one = wasm_f32x4_const_splat(1.0f);
  return wasm_f32x4_div(one, wasm_f32x4_add(one, exp4(wasm_f32x4_neg(x))));
}

// Four numbers of which the first `count` are in memory; the rest are zero.
static inline v128_t load_some(const float *at, int count) {
  if (count >= 4) return wasm_v128_load(at);
  v128_t v = wasm_f32x4_const_splat(0.0f);
  v = wasm_f32x4_replace_lane(v, 0, at[0]);
  if (count > 1) v = wasm_f32x4_replace_lane(v, 1, at[1]);
  if (count > 2) v = wasm_f32x4_replace_lane(v, 2, at[2]);
  return v;
}

static inline void store_some(float *at, v128_t v, int count) {
  if (count >= 4) {
    wasm_v128_store(at, v);
    return;
  }
  at[0] = wasm_f32x4_extract_lane(v, 0);
  if (count > 1) at[1] = wasm_f32x4_extract_lane(v, 1);
  if (count > 2) at[2] = wasm_f32x4_extract_lane(v, 2);
}

// y[row, f] = Bezier curve of x[row, part * features + f]; with `silu` the control points pass x sigmoid(x) first.
EXPORT("bezier_forward")
void bezier_forward(const float *x, float *y, int rows, int features, int silu) {
  v128_t one = wasm_f32x4_const_splat(1.0f), three = wasm_f32x4_const_splat(3.0f);
  for (int row = 0; row < rows; row++, x += 5 * features, y += features) {
    for (int f = 0; f < features; f += 4) {
      int count = features - f;
      v128_t t = sigmoid4(load_some(x + f, count));
      v128_t s = wasm_f32x4_sub(one, t);
      v128_t p0 = load_some(x + features + f, count), p1 = load_some(x + 2 * features + f, count);
      v128_t p2 = load_some(x + 3 * features + f, count), p3 = load_some(x + 4 * features + f, count);
      if (silu) {
        p0 = wasm_f32x4_mul(p0, sigmoid4(p0));
        p1 = wasm_f32x4_mul(p1, sigmoid4(p1));
        p2 = wasm_f32x4_mul(p2, sigmoid4(p2));
        p3 = wasm_f32x4_mul(p3, sigmoid4(p3));
      }
      v128_t tt = wasm_f32x4_mul(t, t), ss = wasm_f32x4_mul(s, s);
      v128_t sum = wasm_f32x4_mul(wasm_f32x4_mul(ss, s), p0);
      sum = wasm_f32x4_add(sum, wasm_f32x4_mul(wasm_f32x4_mul(wasm_f32x4_mul(three, ss), t), p1));
      sum = wasm_f32x4_add(sum, wasm_f32x4_mul(wasm_f32x4_mul(wasm_f32x4_mul(three, s), tt), p2));
      sum = wasm_f32x4_add(sum, wasm_f32x4_mul(wasm_f32x4_mul(tt, t), p3));
      store_some(y + f, sum, count);
    }
  }
}

// Slope of x sigmoid(x), given both.
static inline v128_t silu_slope(v128_t value, v128_t gate) {
  return wasm_f32x4_add(gate, wasm_f32x4_mul(value, wasm_f32x4_sub(wasm_f32x4_const_splat(1.0f), gate)));
}

EXPORT("bezier_backward")
void bezier_backward(const float *x, const float *dy, float *dx, int rows, int features, int silu) {
  v128_t one = wasm_f32x4_const_splat(1.0f), three = wasm_f32x4_const_splat(3.0f), two = wasm_f32x4_const_splat(2.0f);
  for (int row = 0; row < rows; row++, x += 5 * features, dx += 5 * features, dy += features) {
    for (int f = 0; f < features; f += 4) {
      int count = features - f;
      v128_t g = load_some(dy + f, count);
      v128_t t = sigmoid4(load_some(x + f, count));
      v128_t s = wasm_f32x4_sub(one, t);
      v128_t p0 = load_some(x + features + f, count), p1 = load_some(x + 2 * features + f, count);
      v128_t p2 = load_some(x + 3 * features + f, count), p3 = load_some(x + 4 * features + f, count);
      v128_t d0 = one, d1 = one, d2 = one, d3 = one;
      if (silu) {
        v128_t g0 = sigmoid4(p0), g1 = sigmoid4(p1), g2 = sigmoid4(p2), g3 = sigmoid4(p3);
        p0 = wasm_f32x4_mul(p0, g0);
        p1 = wasm_f32x4_mul(p1, g1);
        p2 = wasm_f32x4_mul(p2, g2);
        p3 = wasm_f32x4_mul(p3, g3);
        d0 = silu_slope(p0, g0);
        d1 = silu_slope(p1, g1);
        d2 = silu_slope(p2, g2);
        d3 = silu_slope(p3, g3);
      }
      v128_t tt = wasm_f32x4_mul(t, t), ss = wasm_f32x4_mul(s, s), ts = wasm_f32x4_mul(t, s);
      v128_t slope = wasm_f32x4_mul(ss, wasm_f32x4_sub(p1, p0));
      slope = wasm_f32x4_add(slope, wasm_f32x4_mul(wasm_f32x4_mul(two, ts), wasm_f32x4_sub(p2, p1)));
      slope = wasm_f32x4_add(slope, wasm_f32x4_mul(tt, wasm_f32x4_sub(p3, p2)));
      v128_t dt = wasm_f32x4_mul(wasm_f32x4_mul(g, wasm_f32x4_mul(three, slope)), ts);
      v128_t g3s = wasm_f32x4_mul(three, g);
      store_some(dx + f, dt, count);
      store_some(dx + features + f, wasm_f32x4_mul(wasm_f32x4_mul(g, wasm_f32x4_mul(ss, s)), d0), count);
      store_some(dx + 2 * features + f, wasm_f32x4_mul(wasm_f32x4_mul(g3s, wasm_f32x4_mul(ss, t)), d1), count);
      store_some(dx + 3 * features + f, wasm_f32x4_mul(wasm_f32x4_mul(g3s, wasm_f32x4_mul(s, tt)), d2), count);
      store_some(dx + 4 * features + f, wasm_f32x4_mul(wasm_f32x4_mul(g, wasm_f32x4_mul(tt, t)), d3), count);
    }
  }
}

// dw[ci, co] += sum over `count` places of x[place, ci] dy[place, co], for four ci and eight co at once where they are there.
static inline void outer_tile(const float *x, int x_step, const float *dy, int dy_step, int count, float *dw,
                              int outputs) {
  v128_t a0 = wasm_v128_load(dw), a1 = wasm_v128_load(dw + 4);
  v128_t b0 = wasm_v128_load(dw + outputs), b1 = wasm_v128_load(dw + outputs + 4);
  v128_t c0 = wasm_v128_load(dw + 2 * outputs), c1 = wasm_v128_load(dw + 2 * outputs + 4);
  v128_t d0 = wasm_v128_load(dw + 3 * outputs), d1 = wasm_v128_load(dw + 3 * outputs + 4);
  for (int place = 0; place < count; place++, x += x_step, dy += dy_step) {
    v128_t y0 = wasm_v128_load(dy), y1 = wasm_v128_load(dy + 4);
    v128_t xa = wasm_v128_load32_splat(x), xb = wasm_v128_load32_splat(x + 1);
    v128_t xc = wasm_v128_load32_splat(x + 2), xd = wasm_v128_load32_splat(x + 3);
    a0 = wasm_f32x4_add(a0, wasm_f32x4_mul(xa, y0));
    a1 = wasm_f32x4_add(a1, wasm_f32x4_mul(xa, y1));
    b0 = wasm_f32x4_add(b0, wasm_f32x4_mul(xb, y0));
    b1 = wasm_f32x4_add(b1, wasm_f32x4_mul(xb, y1));
    c0 = wasm_f32x4_add(c0, wasm_f32x4_mul(xc, y0));
    c1 = wasm_f32x4_add(c1, wasm_f32x4_mul(xc, y1));
    d0 = wasm_f32x4_add(d0, wasm_f32x4_mul(xd, y0));
    d1 = wasm_f32x4_add(d1, wasm_f32x4_mul(xd, y1));
  }
  wasm_v128_store(dw, a0);
  wasm_v128_store(dw + 4, a1);
  wasm_v128_store(dw + outputs, b0);
  wasm_v128_store(dw + outputs + 4, b1);
  wasm_v128_store(dw + 2 * outputs, c0);
  wasm_v128_store(dw + 2 * outputs + 4, c1);
  wasm_v128_store(dw + 3 * outputs, d0);
  wasm_v128_store(dw + 3 * outputs + 4, d1);
}

// The same for one ci and up to four co.
static inline void outer_edge(const float *x, int x_step, const float *dy, int dy_step, int count, float *dw, int lanes) {
  v128_t sum = load_some(dw, lanes);
  for (int place = 0; place < count; place++, x += x_step, dy += dy_step) {
    sum = wasm_f32x4_add(sum, wasm_f32x4_mul(wasm_v128_load32_splat(x), load_some(dy, lanes)));
  }
  store_some(dw, sum, lanes);
}

static void outer_row(const float *x, int x_step, const float *dy, int dy_step, int count, float *dw, int inputs,
                      int outputs) {
  int ci = 0;
  for (; ci + 4 <= inputs; ci += 4) {
    int co = 0;
    for (; co + 8 <= outputs; co += 8) {
      outer_tile(x + ci, x_step, dy + co, dy_step, count, dw + ci * outputs + co, outputs);
    }
    for (; co < outputs; co += 4) {
      for (int row = ci; row < ci + 4; row++) {
        outer_edge(x + row, x_step, dy + co, dy_step, count, dw + row * outputs + co, outputs - co);
      }
    }
  }
  for (; ci < inputs; ci++) {
    for (int co = 0; co < outputs; co += 4) {
      outer_edge(x + ci, x_step, dy + co, dy_step, count, dw + ci * outputs + co, outputs - co);
    }
  }
}

// c[4, 8] = a[4, depth] b[depth, 8], rows `a_step`, `b_step` and `c_step` apart.
static inline void product_tile(const float *a, int a_step, const float *b, int b_step, float *c, int c_step, int depth) {
  v128_t zero = wasm_f32x4_const_splat(0.0f);
  v128_t p0 = zero, p1 = zero, q0 = zero, q1 = zero, r0 = zero, r1 = zero, s0 = zero, s1 = zero;
  for (int k = 0; k < depth; k++, a++, b += b_step) {
    v128_t b0 = wasm_v128_load(b), b1 = wasm_v128_load(b + 4);
    v128_t ap = wasm_v128_load32_splat(a), aq = wasm_v128_load32_splat(a + a_step);
    v128_t ar = wasm_v128_load32_splat(a + 2 * a_step), as = wasm_v128_load32_splat(a + 3 * a_step);
    p0 = wasm_f32x4_add(p0, wasm_f32x4_mul(ap, b0));
    p1 = wasm_f32x4_add(p1, wasm_f32x4_mul(ap, b1));
    q0 = wasm_f32x4_add(q0, wasm_f32x4_mul(aq, b0));
    q1 = wasm_f32x4_add(q1, wasm_f32x4_mul(aq, b1));
    r0 = wasm_f32x4_add(r0, wasm_f32x4_mul(ar, b0));
    r1 = wasm_f32x4_add(r1, wasm_f32x4_mul(ar, b1));
    s0 = wasm_f32x4_add(s0, wasm_f32x4_mul(as, b0));
    s1 = wasm_f32x4_add(s1, wasm_f32x4_mul(as, b1));
  }
  wasm_v128_store(c, p0);
  wasm_v128_store(c + 4, p1);
  wasm_v128_store(c + c_step, q0);
  wasm_v128_store(c + c_step + 4, q1);
  wasm_v128_store(c + 2 * c_step, r0);
  wasm_v128_store(c + 2 * c_step + 4, r1);
  wasm_v128_store(c + 3 * c_step, s0);
  wasm_v128_store(c + 3 * c_step + 4, s1);
}

// The same for one row of a and up to four columns.
static inline void product_edge(const float *a, const float *b, int b_step, float *c, int depth, int lanes) {
  v128_t sum = wasm_f32x4_const_splat(0.0f);
  for (int k = 0; k < depth; k++, b += b_step) {
    sum = wasm_f32x4_add(sum, wasm_f32x4_mul(wasm_v128_load32_splat(a + k), load_some(b, lanes)));
  }
  store_some(c, sum, lanes);
}

// c [batch, rows, columns] = a [batch or 1, rows, depth] b [batch or 1, depth, columns]; a step of 0 repeats one matrix.
EXPORT("matrix_product")
void matrix_product(const float *a, const float *b, float *c, int batch, int rows, int depth, int columns, int a_batch,
                    int b_batch) {
  for (int n = 0; n < batch; n++, a += a_batch, b += b_batch, c += rows * columns) {
    int column = 0;
    for (; column + 8 <= columns; column += 8) {
      int row = 0;
      for (; row + 4 <= rows; row += 4) {
        product_tile(a + row * depth, depth, b + column, columns, c + row * columns + column, columns, depth);
      }
      for (; row < rows; row++) {
        product_edge(a + row * depth, b + column, columns, c + row * columns + column, depth, 4);
        product_edge(a + row * depth, b + column + 4, columns, c + row * columns + column + 4, depth, 4);
      }
    }
    for (; column < columns; column += 4) {
      for (int row = 0; row < rows; row++) {
        product_edge(a + row * depth, b + column, columns, c + row * columns + column, depth, columns - column);
      }
    }
  }
}

// Each matrix [rows, columns] of a batch to [columns, rows], in blocks that stay in the first cache.
EXPORT("transpose_matrices")
void transpose_matrices(const float *x, float *y, int batch, int rows, int columns) {
  for (int n = 0; n < batch; n++, x += rows * columns, y += rows * columns) {
    for (int top = 0; top < rows; top += 16) {
      int bottom = top + 16 < rows ? top + 16 : rows;
      for (int column = 0; column < columns; column++) {
        for (int row = top; row < bottom; row++) y[column * rows + row] = x[row * columns + column];
      }
    }
  }
}

// Gradient of a convolution's filter. x [batch, height, width, inputs], dy [batch, out_height, out_width, outputs],
// dw [kernel_height, kernel_width, inputs, outputs], zeroed by the caller. One output row at a time stays in the first cache.
EXPORT("filter_gradient")
void filter_gradient(const float *x, const float *dy, float *dw, int batch, int height, int width, int inputs,
                     int out_height, int out_width, int outputs, int kernel_height, int kernel_width, int stride,
                     int dilation, int pad_top, int pad_left) {
  for (int n = 0; n < batch; n++) {
    for (int oy = 0; oy < out_height; oy++) {
      const float *dy_row = dy + (n * out_height + oy) * out_width * outputs;
      for (int ky = 0; ky < kernel_height; ky++) {
        int iy = oy * stride + ky * dilation - pad_top;
        if (iy < 0 || iy >= height) continue;
        const float *x_row = x + (n * height + iy) * width * inputs;
        for (int kx = 0; kx < kernel_width; kx++) {
          int shift = kx * dilation - pad_left;
          // First and last output column whose input column is inside the picture.
          int first = shift >= 0 ? 0 : (-shift + stride - 1) / stride;
          int last = (width - 1 - shift) / stride;
          if (width - 1 - shift < 0) continue;
          if (last >= out_width) last = out_width - 1;
          if (last < first) continue;
          outer_row(x_row + (first * stride + shift) * inputs, stride * inputs, dy_row + first * outputs, outputs,
                    last - first + 1, dw + (ky * kernel_width + kx) * inputs * outputs, inputs, outputs);
        }
      }
    }
  }
}

// Every stride-th tap of a filter, turned by half a turn, with inputs and outputs exchanged: out [rows, columns, outputs, inputs]
// of filter [height, width, inputs, outputs], starting at tap (first_row, first_column) of the turned filter.
EXPORT("turn_filter")
void turn_filter(const float *filter, float *out, int height, int width, int inputs, int outputs, int first_row,
                 int first_column, int stride, int rows, int columns) {
  for (int i = 0; i < rows; i++) {
    for (int j = 0; j < columns; j++) {
      int row = height - 1 - (first_row + stride * i), column = width - 1 - (first_column + stride * j);
      const float *from = filter + (row * width + column) * inputs * outputs;
      float *to = out + (i * columns + j) * inputs * outputs;
      for (int co = 0; co < outputs; co++) {
        for (int ci = 0; ci < inputs; ci++) to[co * inputs + ci] = from[ci * outputs + co];
      }
    }
  }
}

// Copies one phase of a transposed convolution, [batch, height, width, channels], to its places in
// y [batch, out_height, out_width, channels]: row i goes to stride * i + row_shift, likewise columns; what falls outside is cut.
EXPORT("weave_phase")
void weave_phase(const float *phase, float *y, int batch, int height, int width, int channels, int out_height,
                 int out_width, int stride, int row_shift, int column_shift) {
  for (int n = 0; n < batch; n++) {
    for (int i = 0; i < height; i++) {
      int row = stride * i + row_shift;
      if (row >= out_height) break;
      for (int j = 0; j < width; j++) {
        int column = stride * j + column_shift;
        if (column >= out_width) break;
        const float *from = phase + ((n * height + i) * width + j) * channels;
        float *to = y + ((n * out_height + row) * out_width + column) * channels;
        int c = 0;
        for (; c + 4 <= channels; c += 4) wasm_v128_store(to + c, wasm_v128_load(from + c));
        for (; c < channels; c++) to[c] = from[c];
      }
    }
  }
}

// y = (x - mean) / sqrt(variance + epsilon) over each group of channels and all places; [batch, places, groups * width].
// Also keeps 1 / sqrt(variance + epsilon) of each (batch, group) for the backward pass. Sums run in double precision.
EXPORT("group_normalize_forward")
void group_normalize_forward(const float *x, float *y, float *inverse, int batch, int places, int groups, int width,
                             float epsilon) {
  int channels = groups * width;
  for (int n = 0; n < batch; n++) {
    for (int g = 0; g < groups; g++) {
      const float *from = x + n * places * channels + g * width;
      double sum = 0, squares = 0;
      for (int p = 0; p < places; p++) {
        for (int c = 0; c < width; c++) {
          double value = from[p * channels + c];
          sum += value;
          squares += value * value;
        }
      }
      double count = (double)places * width;
      double mean = sum / count;
      double variance = squares / count - mean * mean;
      if (variance < 0) variance = 0;
      float scale = (float)(1.0 / __builtin_sqrt(variance + epsilon));
      float shift = (float)mean;
      inverse[n * groups + g] = scale;
      float *to = y + n * places * channels + g * width;
      for (int p = 0; p < places; p++) {
        for (int c = 0; c < width; c++) to[p * channels + c] = (from[p * channels + c] - shift) * scale;
      }
    }
  }
}

// dx = inverse (dy - mean(dy) - y mean(dy y)), means over each group.
EXPORT("group_normalize_backward")
void group_normalize_backward(const float *y, const float *dy, const float *inverse, float *dx, int batch, int places,
                              int groups, int width) {
  int channels = groups * width;
  for (int n = 0; n < batch; n++) {
    for (int g = 0; g < groups; g++) {
      int at = n * places * channels + g * width;
      double sum = 0, product = 0;
      for (int p = 0; p < places; p++) {
        for (int c = 0; c < width; c++) {
          int i = at + p * channels + c;
          sum += dy[i];
          product += (double)dy[i] * y[i];
        }
      }
      double count = (double)places * width;
      float mean = (float)(sum / count), slope = (float)(product / count), scale = inverse[n * groups + g];
      for (int p = 0; p < places; p++) {
        for (int c = 0; c < width; c++) {
          int i = at + p * channels + c;
          dx[i] = scale * (dy[i] - mean - y[i] * slope);
        }
      }
    }
  }
}

// One update of Adam in double precision, stored in single: the same bytes as lib/optim/adam.ts computes in JavaScript.
EXPORT("adam_update")
void adam_update(const float *w, const float *gradient, const float *mean, const float *square, float *new_w,
                 float *new_mean, float *new_square, int count, double beta1, double beta2, double eps, double keep,
                 double pull, double step_size, double root_correction) {
  v128_t b1 = wasm_f64x2_splat(beta1), b2 = wasm_f64x2_splat(beta2);
  v128_t r1 = wasm_f64x2_splat(1.0 - beta1), r2 = wasm_f64x2_splat(1.0 - beta2);
  int i = 0;
  for (; i + 2 <= count; i += 2) {
    v128_t x = wasm_f64x2_promote_low_f32x4(wasm_v128_load64_zero(w + i));
    v128_t g = wasm_f64x2_promote_low_f32x4(wasm_v128_load64_zero(gradient + i));
    g = wasm_f64x2_add(g, wasm_f64x2_mul(wasm_f64x2_splat(pull), x));
    v128_t m = wasm_f64x2_promote_low_f32x4(wasm_v128_load64_zero(mean + i));
    v128_t v = wasm_f64x2_promote_low_f32x4(wasm_v128_load64_zero(square + i));
    m = wasm_f64x2_add(wasm_f64x2_mul(b1, m), wasm_f64x2_mul(r1, g));
    v = wasm_f64x2_add(wasm_f64x2_mul(b2, v), wasm_f64x2_mul(wasm_f64x2_mul(r2, g), g));
    v128_t below = wasm_f64x2_add(wasm_f64x2_div(wasm_f64x2_sqrt(v), wasm_f64x2_splat(root_correction)),
                                  wasm_f64x2_splat(eps));
    v128_t move = wasm_f64x2_div(wasm_f64x2_mul(wasm_f64x2_splat(step_size), m), below);
    x = wasm_f64x2_sub(wasm_f64x2_mul(x, wasm_f64x2_splat(keep)), move);
    wasm_v128_store64_lane(new_w + i, wasm_f32x4_demote_f64x2_zero(x), 0);
    wasm_v128_store64_lane(new_mean + i, wasm_f32x4_demote_f64x2_zero(m), 0);
    wasm_v128_store64_lane(new_square + i, wasm_f32x4_demote_f64x2_zero(v), 0);
  }
  for (; i < count; i++) {
    double x = w[i], g = gradient[i] + pull * x;
    double m = beta1 * mean[i] + (1.0 - beta1) * g, v = beta2 * square[i] + (1.0 - beta2) * g * g;
    new_w[i] = (float)(x * keep - step_size * m / (__builtin_sqrt(v) / root_correction + eps));
    new_mean[i] = (float)m;
    new_square[i] = (float)v;
  }
}

// y = factor x, multiplied in double precision.
EXPORT("scale")
void scale(const float *x, float *y, int count, double factor) {
  for (int i = 0; i < count; i++) y[i] = (float)(x[i] * factor);
}

// y = decay before + (1 - decay) now, in double precision.
EXPORT("blend")
void blend(const float *before, const float *now, float *y, int count, double decay) {
  for (int i = 0; i < count; i++) y[i] = (float)(decay * before[i] + (1.0 - decay) * now[i]);
}

// y [rows, columns] += bias [columns].
EXPORT("add_bias")
void add_bias(float *y, const float *bias, int rows, int columns) {
  for (int row = 0; row < rows; row++, y += columns) {
    for (int c = 0; c < columns; c++) y[c] += bias[c];
  }
}

// sums [columns] of x [rows, columns] over its rows; `sums` is zeroed by the caller.
EXPORT("column_sums")
void column_sums(const float *x, float *sums, int rows, int columns) {
  for (int row = 0; row < rows; row++, x += columns) {
    for (int c = 0; c < columns; c++) sums[c] += x[c];
  }
}
