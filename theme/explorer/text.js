// Numbers as text, written as in the tables of the page, and text as numbers.

const LONGEST_EXACT = 24; // characters of an exact number that are shown
const LONGEST_TYPED = 9; // digits before and after the point, or above and below the line

const minus = (text) => text.replaceAll("-", "−");

// A fraction as a decimal if four places suffice, else such as 7/3.
function rationalText(value) {
  if (10000n % value.denominator) return minus(`${value.numerator}/${value.denominator}`);
  return minus(String(Number(value.numerator * (10000n / value.denominator)) / 10000));
}

// An exact number such as −3√35/7 or 1/2 + √2: undefined where it is too long to be read.
function exactText(value) {
  const texts = [...value.terms].map(([root, share]) => root === "1" ? rationalText(share) : rootText(root, share));
  const text = texts.join(" + ").replaceAll("+ −", "− ") || "0";
  return text.length <= LONGEST_EXACT ? text : undefined;
}

function rootText(root, share) {
  const above = String(share.numerator).replace(/^(-?)1$/, "$1");
  return minus(`${above}√${root}${share.denominator === 1n ? "" : `/${share.denominator}`}`);
}

// A number with six digits.
function decimalText(number) {
  const [size, power] = String(Number(number.toPrecision(6))).split("e");
  return minus(power === undefined ? size : `${size}·10^${Number(power)}`);
}

// For a calculation: exact where that is short, else six digits.
const termText = (value) => exactText(value) ?? decimalText(value.number());

// The same as part of a product or a difference.
function factorText(value) {
  const text = termText(value);
  return /^−|[ /^]|\d√/.test(text) ? `(${text})` : text;
}

// `7/3 ≈ 2.33333`, or one of the two where the other says no more.
function fullText(value) {
  const exact = exactText(value), decimal = decimalText(value.number());
  if (exact === undefined) return `≈ ${decimal}`;
  return /[/√]/.test(exact) ? `${exact} ≈ ${decimal}` : exact;
}

// For a cell, at most five characters: fractions where they are short, roots as decimals, so that cells compare.
function shortText(value) {
  const exact = value.rational && exactText(value);
  if (exact && exact.length <= 5) return exact;
  const number = value.number(), size = Math.abs(number);
  if (size < 0.005) return "≈0";
  if (size >= 9999.5) return minus(number.toExponential(0).replace("e+", "e"));
  return minus(number.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0));
}

// What was typed (3, −0.5, 7/3) as a fraction; undefined where it is no number, or one that is too long.
function typedRational(text) {
  const found = /^([-−+]?)(\d*)(?:[.,](\d+)|\/(\d+))?$/.exec(text.trim().replace(/\s*\/\s*/, "/"));
  if (!found) return undefined;
  const [, sign, whole, decimals = "", below] = found;
  const digits = whole + decimals;
  if (!digits || (below && !whole) || [whole, decimals, below ?? ""].some((part) => part.length > LONGEST_TYPED)) {
    return undefined;
  }
  const denominator = below === undefined ? 10n ** BigInt(decimals.length) : BigInt(below);
  if (denominator === 0n) return undefined;
  return new Rational(BigInt(digits) * (/[-−]/.test(sign) ? -1n : 1n), denominator);
}
