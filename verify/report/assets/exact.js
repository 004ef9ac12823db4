/* The explorer's mathematics, as theory/views.py has it: exact costs, growth, texts; reals by decimal.js with a bound.

   Rationals are pairs [p, q] of BigInt in lowest terms, q > 0; an infinite cost is null. The recursion of
   theory/hitting.py runs on a common denominator, so that one gcd at the end is all there is (reducing at every step,
   as a library of fractions does, takes seconds at K = 500).

   Reals (rows at a training time). The recursion only adds, multiplies and divides positive numbers, so a relative
   error e of the rows and roundings of u = 10^(1-D) move the cost by at most about (8K+8) e + (30K+30) u of itself;
   twice that is used. A number is printed once both ends of that interval print alike, else D is doubled. */
"use strict";
(function () {
  const KINDS = ["base", "sft", "mixture", "optimum", "own"], WRAPPERS = ["none", "restarts", "search"];
  const LIMITS = { W: 1000000, K: 500, L: 1000, bits: 150000, least: [1n, 10n ** 30n], most: [10n ** 30n, 1n] };
  const TIMES = Array.from({ length: 10 }, (_, i) => `1e${i - 3}`), SHORT = 24;
  const MORE = "the command has no such limit";
  const decimals = new Map();

  /** decimal.js with D significant digits. */
  function digitsOf(D) {
    if (!decimals.has(D)) {
      decimals.set(D, Decimal.clone({ precision: D, rounding: Decimal.ROUND_HALF_UP, maxE: 9e15, minE: -9e15 }));
    }
    return decimals.get(D);
  }

  // -- rationals -----------------------------------------------------------------------------------------------------

  /** The greatest common divisor of two nonnegative BigInts. */
  function gcd(a, b) {
    while (b) [a, b] = [b, a % b];
    return a;
  }

  /** p/q in lowest terms. */
  function ratio(p, q) {
    const g = gcd(p, q);
    return [p / g, q / g];
  }

  /** p/q in lowest terms, where every prime that they share divides `primes`, a short number: no long gcd. */
  function ratioOf(p, q, primes) {
    for (;;) {
      const g = gcd(gcd(p % primes, primes), q);
      if (g === 1n) return [p, q];
      p /= g;
      q /= g;
    }
  }

  const times = (x, y) => ratio(x[0] * y[0], x[1] * y[1]);
  const over = (x, y) => ratio(x[0] * y[1], x[1] * y[0]);
  const compare = (x, y) => { const d = x[0] * y[1] - y[0] * x[1]; return d > 0n ? 1 : d < 0n ? -1 : 0; };
  const isOne = (x) => x[0] === x[1];

  /** One decimal number without a slash as a pair. */
  function decimalPair(text) {
    const [, whole, part, exponent] = /^(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text);
    const shift = Number(exponent || 0) - part.length, digits = BigInt(whole + part);
    return shift >= 0 ? [digits * 10n ** BigInt(shift), 1n] : ratio(digits, 10n ** BigInt(-shift));
  }

  /** "1/6", "0.1" or "1e-3" as a pair; an Error in one line for anything else. */
  function number(text, name) {
    const one = String.raw`(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?`;
    if (text.length > 60 || !new RegExp(`^${one}(/${one})?$`).test(text)) {
      throw new Error(`${name}: '${text}' is neither a number nor p/q`);
    }
    const [top, bottom] = text.split("/").map(decimalPair);
    if (bottom && !bottom[0]) throw new Error(`${name}: '${text}' divides by zero`);
    return bottom ? over(top, bottom) : top;
  }

  // -- texts of numbers ----------------------------------------------------------------------------------------------

  /** A text of `digits` significant digits from the digits themselves and the first one's exponent. */
  function laidOut(text, exponent, digits) {
    if (exponent < -5 || exponent >= digits) {
      return `${text[0]}${text.length > 1 ? "." : ""}${text.slice(1)}e${exponent < 0 ? "-" : "+"}${Math.abs(exponent)}`;
    }
    if (exponent < 0) text = "0." + "0".repeat(-exponent - 1) + text;
    else if (exponent + 1 < text.length) text = text.slice(0, exponent + 1) + "." + text.slice(exponent + 1);
    return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  }

  /** [digits, exponent] of a positive pair, rounded half up in integers. */
  function mantissa([p, q], digits) {
    let exponent = p.toString().length - q.toString().length;
    const scaled = (n) => (n >= 0 ? [p, q * 10n ** BigInt(n)] : [p * 10n ** BigInt(-n), q]);
    if (scaled(exponent)[0] < scaled(exponent)[1]) exponent -= 1;
    const [top, bottom] = scaled(exponent - digits + 1);
    const text = ((2n * top + bottom) / (2n * bottom)).toString();
    return text.length > digits ? [text.slice(0, digits), exponent + 1] : [text, exponent];
  }

  /** A pair as `digits` significant digits; "oo" for null. */
  function printed(x, digits) {
    return x === null ? "oo" : x[0] === 0n ? "0" : laidOut(...mantissa(x, digits), digits);
  }

  /** A positive Decimal as `digits` significant digits. */
  function printedDecimal(v, digits) {
    const rounded = v.toSignificantDigits(digits, Decimal.ROUND_HALF_UP);
    const text = rounded.toExponential(digits - 1).split("e")[0].replace(".", "");
    return laidOut(text, rounded.e, digits);
  }

  /** A float as `digits` significant digits; toExponential rounds the exact binary value, half up. */
  function printedFloat(x, digits) {
    if (!Number.isFinite(x)) return "oo";
    const [text, exponent] = x.toExponential(digits - 1).split("e");
    return laidOut(text.replace(".", ""), Number(exponent), digits);
  }

  /** The decimal logarithm of a positive Decimal, as Python prints the nearest float. */
  function log10Text(v) {
    const value = Number(digitsOf(40).log10(v).toString());
    return Number.isInteger(value) ? `${value}.0` : String(value);
  }

  /** The text that both ends of an interval print: make(D) gives {value, error}, both Decimals, for D digits. */
  function settled(make, text, first = 40) {
    for (let D = first; D <= 1000; D *= 2) {
      const { value, error } = make(digitsOf(D), D), low = value.minus(error), high = value.plus(error);
      if (low.gt(0) && text(low) === text(high)) return text(low);
    }
    throw new Error("1000 digits do not decide the last one that is printed");
  }

  /** A number to print: a pair or null (infinity), or a real given by make(D), from D = start on. */
  function quantity(exact, make, start = 40) {
    if (make) {
      const kept = new Map(), once = (T, D) => kept.get(D) || kept.set(D, make(T, D)).get(D);
      return { exact: null, real: true, text: (digits) => settled(once, (v) => printedDecimal(v, digits), start),
               log10: () => settled(once, log10Text, start) };
    }
    const text = exact === null ? "oo" : exact[1] === 1n ? `${exact[0]}` : `${exact[0]}/${exact[1]}`;
    return { exact: text, real: false, pair: exact, text: (digits) => printed(exact, digits), log10() {
      if (exact === null) return "oo";
      const [digits, exponent] = mantissa(exact, 40);
      return log10Text(new (digitsOf(50))(`${digits}e${exponent - 39}`));
    } };
  }

  /** The fraction where it is short, else ten digits. */
  const brief = (x) => (x.exact !== null && x.exact.length <= SHORT ? x.exact : x.text(10));

  // -- the recursion -------------------------------------------------------------------------------------------------

  /** Expected steps for rows {a, b, c, d}, pairs, the same in every diamond, by O(K) steps; null for infinity. */
  function recursion(W, K, rows) {
    const { a, b, c, d } = rows, w = BigInt(W);
    if (!a[0] || !c[0] || (W > 1 && (!b[0] || !d[0]))) return null;
    let n = w, m = 1n;
    if (W > 1) {
      const out = [over(c, d), over(a, b)];                        // P/Q at odd and at even nodes
      n = 1n;                                                      // D = n/m, from the leaf inwards
      for (let x = 2 * K; x > 0; x--) {
        const [top, bottom] = out[(x + 1) % 2];
        [n, m] = [bottom * m + top * (m + n), bottom * m];
      }
      n = w * m + (w - 1n) * n;
    }
    const P = [c, a], back = [over(d, c), over(b, a)], g = a[0] * c[0];
    const first = n;
    let total = 0n, scale = 1n;                                    // total/(m g); first/(m/scale); N = n/m
    for (let x = 1; x <= 2 * K; x++) {
      const [p, q] = P[(x + 1) % 2], [top, bottom] = back[(x + 1) % 2];
      total = (total + (q * m + (q - p) * n) * (g / p)) * bottom;
      [n, m] = [bottom * m + top * (m + n), bottom * m];
      scale *= bottom;
    }
    const primes = Object.values(rows).flat().reduce((product, x) => (x ? product * x : product), 1n);
    return ratioOf(first * scale * g + total, m * g, primes);
  }

  /** The same for Decimals; rows {P, odds, Q} with P/(1-P) = odds, in the order u, v. */
  function recursionReal(T, W, K, rows) {
    const one = new T(1), each = (f) => rows.P.map((p, i) => f(p, rows.Q[i], rows.odds[i]));
    const out = each((p, q) => p.div(q)), back = each((p, q) => q.div(p)), turn = each((p, q, odds) => one.div(odds));
    let D = one, total = each((p) => one.div(p)).reduce((x, y) => x.plus(y)).times(K);
    for (let x = 2 * K; W > 1 && x > 0; x--) D = D.plus(1).times(out[(x + 1) % 2]).plus(1);
    let N = W > 1 ? D.times(W - 1).plus(W) : new T(W);
    const first = N;
    for (let x = 1; x <= 2 * K; x++) {
      const i = (x + 1) % 2;
      total = total.plus(N.times(turn[i]));
      N = N.plus(1).times(back[i]).plus(1);
    }
    return first.plus(total);
  }

  /** Expected steps by geometric sums in O(log K): a second route, for the curves; Decimals as in recursionReal. */
  function closedReal(T, W, K, { P: [c, a], odds: [uc, ua], Q: [d, b] }) {
    const one = new T(1), r = a.times(c).div(b.times(d)), s = one.div(r);
    /** [[n], the sum of [j] over j < n] for [j] = 1 + q + .. + q^(j-1), by doubling. */
    function sums(q) {
      let power = one, total = new T(0), double = new T(0), m = 0;
      for (const bit of K.toString(2)) {
        double = double.times(power.plus(1)).plus(total.times(m));
        [power, total, m] = [power.times(power), total.times(power.plus(1)), 2 * m];
        if (bit === "1") [double, total, power, m] = [double.plus(total), total.plus(power), power.times(q), m + 1];
      }
      return [total, double];
    }
    const first = W > 1 ? c.div(d).plus(r).times(2).times(sums(r)[0]).plus(1).times(W - 1).plus(W) : new T(W);
    const spread = one.div(uc).plus(d.div(c).div(ua)), [total, double] = sums(s);
    return first.plus(one.div(c).plus(one.div(a)).plus(one.div(ua).times(d.div(c).plus(1))).times(K))
      .plus(spread.times(first.times(total).plus(b.div(a).times(2).plus(1).plus(s).times(double))));
  }

  /** {x, error}: the root of x + ln x = y (Wright's omega) by Newton, and a bound on its relative error.

      The residual f bounds it: x + ln x has slope (x+1)/x, so x is off by |f|/(x+1) of itself. off: the error of y. */
  function omega(T, D, y, off) {
    let x = new T(omegaFloat(y.toNumber()));
    for (let right = 14; right < D; right *= 2) x = x.times(y.plus(1).minus(x.ln())).div(x.plus(1));
    const log = x.ln(), u = new T(10).pow(1 - D);
    const f = x.plus(log).minus(y).abs().plus(u.times(4).times(x.plus(log.abs()).plus(y.abs()))).plus(off);
    return { x, error: f.div(x.plus(1)).times(2) };
  }

  /** The root as a float, for drawing. */
  function omegaFloat(y) {
    let x = y > 1 ? y : Math.exp(y);
    for (let i = 0; i < 40; i++) x = x * (1 + y - Math.log(x)) / (1 + x) || x / 2;
    return x;
  }

  /** The forward rows after time t at w visits a datum, as odds: {a, c, error}. */
  function odds(T, D, L, t, w) {
    const pair = ([p, q]) => new T(p.toString()).div(q.toString()), u = new T(10).pow(1 - D), log = new T(L).ln();
    const grown = pair(times(times(t, w), [BigInt(L + 1), 1n])).div(L);
    const off = u.times(8).times(grown.plus(log).plus(L + 1));
    const a = omega(T, D, grown.plus(new T(1).div(L)).minus(log), off), c = omega(T, D, grown.plus(L).plus(log), off);
    return { a: a.x, c: c.x, error: T.max(a.error, c.error) };
  }

  /** The rows of SFT (w = 0) or a mixture at time t > 0, as Decimals: {P, odds, Q, error}. */
  function rowsAt(T, D, L, t, w) {
    const p = (x) => x.div(x.plus(1)), u = new T(10).pow(1 - D), on = odds(T, D, L, t, [w[0] + w[1], w[1]]);
    if (!w[0]) return { P: [p(on.c), p(on.a)], odds: [on.c, on.a], error: on.error.plus(u.times(4)),
                        Q: [new T(1).div(L + 1), new T(L).div(L + 1)] };
    const back = odds(T, D, L, t, w);
    return { P: [p(on.c), p(on.a)], odds: [on.c, on.a], Q: [p(back.a), p(back.c)],
             error: T.max(on.error, back.error).plus(u.times(4)) };
  }

  /** The same from floats, without a bound: for drawing. */
  function rowsDrawn(T, L, t, w) {
    const at = (rate) => [omegaFloat(L + rate * (1 + 1 / L) * t + Math.log(L)),
                          omegaFloat((1 + rate * (L + 1) * t) / L - Math.log(L))];
    const [on, back] = [at(1 + w), at(w)], p = (x) => new T(x).div(x + 1);
    return { P: on.map(p), odds: on.map((x) => new T(x)), Q: [p(back[1]), p(back[0])] };
  }

  /** The bound on what the errors of rows and roundings do to a cost. */
  function costError(T, D, K, value, rows) {
    const u = new T(10).pow(1 - D);
    return value.times(rows.error.times(8 * K + 8).plus(u.times(30 * K + 30))).times(2);
  }

  /** Half the steps that a search wastes in a diamond with row d; common denominators, one gcd. */
  function uselessTrips(L, [p, q]) {
    let top = 1n, bottom = 1n, sum = 0n;                       // prod = top/bottom, sum/bottom
    for (let m = 1; m < L; m++) {
      const left = (q - p) * BigInt(L - m), all = p * BigInt(L) + left;
      [top, bottom, sum] = [top * left, bottom * all, sum * all + top * left];
    }
    return ratio(sum, bottom);
  }

  Backtrack.exact = {
    KINDS, WRAPPERS, LIMITS, TIMES, MORE, SHORT, number, ratio, ratioOf, times, over, compare, isOne, printed,
    printedFloat, quantity, brief, digitsOf, settled, recursion, recursionReal, closedReal, rowsAt, rowsDrawn, costError,
    uselessTrips,
  };
})();
