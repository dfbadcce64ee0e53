/**
 * Functions that every kernel may call.
 *
 * WGSL's own exp and log may be off by hundreds of units in the last place, differently on each adapter. These are
 * Cephes' `expf` and `logf` (S. Moshier): range reduction and a polynomial of fixed shape, within 2 units.
 *
 * @module
 */

/**
 * WGSL text: `exponential(x)`, `logarithm(x)` for x ≥ 2^-126, `is_finite(x)` and `is_nan(x)`; `in_order(x)`, which is x;
 * `half_of_word` and `half_vector`, numbers of packed float16.
 *
 * WGSL leaves to compilers in which order to add or multiply, and Mesa's takes another than is written: of
 * `a * b + c + d` it adds c and d first, which is worse where a * b and c nearly cancel, and constant factors move
 * inwards. Nothing moves through `in_order`, since no compiler knows that the uniform is 0.
 */
export const FUNCTIONS = `
// Comparisons say nothing here: compilers may assume that there is no NaN.
fn is_finite(x: f32) -> bool { return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u; }
fn is_nan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }

fn in_order(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) ^ counts.zero); }

fn half_of_word(word: u32, place: u32) -> f32 {
  let both = unpack2x16float(word);
  return select(both.x, both.y, place == 1u);
}
fn half_vector(words: vec2<u32>) -> vec4<f32> {
  return vec4<f32>(unpack2x16float(words.x), unpack2x16float(words.y));
}

fn exponential(x: f32) -> f32 {
  if (is_nan(x)) { return x; }
  if (x < -87.0) { return 0.0; }
  let c = min(x, 88.0);
  let n = floor(c * 1.44269504 + 0.5);
  let r = (c - n * 0.693359375) + n * 2.12194440e-4;
  var p = 1.9875691500e-4;
  p = p * r + 1.3981999507e-3;
  p = p * r + 8.3334519073e-3;
  p = p * r + 4.1665795894e-2;
  p = p * r + 1.6666665459e-1;
  p = p * r + 5.0000001201e-1;
  return (in_order((p * r) * r + r) + 1.0) * bitcast<f32>(u32(i32(n) + 127) << 23u);
}

fn logarithm(x: f32) -> f32 {
  if (!is_finite(x)) { return x; }
  let bits = bitcast<u32>(x);
  var e = f32(i32(bits >> 23u) - 126);
  var m = bitcast<f32>((bits & 0x007fffffu) | 0x3f000000u);
  if (m < 0.70710678) {
    e = e - 1.0;
    m = m * 2.0;
  }
  m = m - 1.0;
  let z = m * m;
  var p = 7.0376836292e-2;
  p = p * m - 1.1514610310e-1;
  p = p * m + 1.1676998740e-1;
  p = p * m - 1.2420140846e-1;
  p = p * m + 1.4249322787e-1;
  p = p * m - 1.6668057665e-1;
  p = p * m + 2.0000714765e-1;
  p = p * m - 2.4999993993e-1;
  p = p * m + 3.3333331174e-1;
  return (in_order((p * m) * z - e * 2.12194440e-4 - 0.5 * z) + m) + e * 0.693359375;
}
`;
