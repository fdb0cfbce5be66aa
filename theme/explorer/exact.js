// Exact numbers with roots: sums of fractions times square roots of whole numbers, such as 1/2 + 3√35/7.

class Exact {
  // `terms`: a map from what stands below the root (as text, a key) to the fraction before it.
  constructor(terms) {
    this.terms = new Map([...terms].filter(([, share]) => !share.isZero));
  }

  static of(rational) { return new Exact([["1", rational]]); }

  // √`rational`, with all squares taken out of the root.
  static root(rational) {
    const [outside, inside] = withoutSquares(rational.numerator * rational.denominator);
    return new Exact([[String(inside), new Rational(outside, rational.denominator)]]);
  }

  static sum(values) { return values.reduce((total, value) => total.plus(value), new Exact([])); }

  get isZero() { return this.terms.size === 0; }

  // The number as a fraction; undefined where a root remains.
  get rational() {
    if (this.isZero) return Rational.ZERO;
    return this.terms.size === 1 ? this.terms.get("1") : undefined;
  }

  plus(other) {
    const terms = new Map(this.terms);
    for (const [root, share] of other.terms) terms.set(root, (terms.get(root) ?? Rational.ZERO).plus(share));
    return new Exact(terms);
  }

  minus(other) { return this.plus(other.times(Exact.of(new Rational(-1n)))); }

  times(other) {
    const products = [];
    for (const [one, share] of this.terms) {
      for (const [two, factor] of other.terms) {
        // √a √b = g √(a/g · b/g), where g is the common divisor of a and b
        const [a, b] = [BigInt(one), BigInt(two)], common = commonDivisor(a, b);
        const product = share.times(factor).times(new Rational(common));
        products.push(new Exact([[String((a / common) * (b / common)), product]]));
      }
    }
    return Exact.sum(products);
  }

  // Divided by a number of one term: 1/(q √r) = √r/(q r).
  over(other) {
    if (other.terms.size !== 1) throw new RangeError("can only divide by a number of one term");
    const [[root, share]] = other.terms;
    return this.times(new Exact([[root, Rational.ONE.over(share.times(new Rational(BigInt(root))))]]));
  }

  number() {
    return [...this.terms].reduce((total, [root, share]) => total + share.number() * Math.sqrt(Number(root)), 0);
  }
}

// `size` as [s, r] with size = s² r. Above `MOST_TRIED`² a square factor may stay in r, which is as exact.
function withoutSquares(size) {
  if (size === 0n) return [0n, 1n];
  let outside = 1n, inside = size;
  for (let factor = 2n; factor <= MOST_TRIED && factor * factor <= inside; factor++) {
    while (inside % (factor * factor) === 0n) {
      inside /= factor * factor;
      outside *= factor;
    }
  }
  const root = wholeRoot(inside);
  return root * root === inside ? [outside * root, 1n] : [outside, inside];
}

const MOST_TRIED = 1000n;

// The largest whole number whose square is at most `size` (Newton's method, from above).
function wholeRoot(size) {
  let root = 1n << BigInt(bits(size) / 2 + 1);
  for (;;) {
    const next = (root + size / root) / 2n;
    if (next >= root) return root;
    root = next;
  }
}
