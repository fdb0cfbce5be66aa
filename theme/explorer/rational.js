// Exact fractions of whole numbers of any length.

class Rational {
  constructor(numerator, denominator = 1n) {
    if (denominator === 0n) throw new RangeError("a fraction cannot have the denominator 0");
    const common = commonDivisor(numerator, denominator) * (denominator < 0n ? -1n : 1n);
    this.numerator = numerator / common;
    this.denominator = denominator / common; // above 0
  }

  static get ZERO() { return new Rational(0n); }
  static get ONE() { return new Rational(1n); }

  static sum(values) { return values.reduce((total, value) => total.plus(value), Rational.ZERO); }

  plus(other) {
    return new Rational(
      this.numerator * other.denominator + other.numerator * this.denominator, this.denominator * other.denominator);
  }

  minus(other) { return this.plus(new Rational(-other.numerator, other.denominator)); }

  times(other) {
    return new Rational(this.numerator * other.numerator, this.denominator * other.denominator);
  }

  over(other) { return this.times(new Rational(other.denominator, other.numerator)); }

  equals(other) { return this.numerator === other.numerator && this.denominator === other.denominator; }

  get isZero() { return this.numerator === 0n; }

  // The nearest double, but for its last bit: both parts may be longer than a double can hold.
  number() {
    const size = this.numerator < 0n ? -this.numerator : this.numerator;
    const shift = BigInt(Math.max(0, 64 + bits(this.denominator) - bits(size)));
    const whole = Number((size << shift) / this.denominator) / 2 ** Number(shift);
    return this.numerator < 0n ? -whole : whole;
  }

  // Itself, or the nearest fraction with `places` decimals where its denominator is longer than that.
  shortened(places) {
    const scale = 10n ** BigInt(places);
    if (this.denominator <= scale) return this;
    const doubled = (2n * this.numerator * scale) / this.denominator;
    return new Rational((doubled + (doubled < 0n ? -1n : 1n)) / 2n, scale);
  }
}

function commonDivisor(one, other) {
  while (other !== 0n) [one, other] = [other, one % other];
  return one < 0n ? -one : one || 1n;
}

// The length of a whole number above 0, to within four bits.
function bits(size) { return size.toString(16).length * 4; }
