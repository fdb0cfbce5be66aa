// The state as the part of an address after #, and back: letters, digits, _ and - alone, as in any name in a page.
// Parts are `name_value_value`, joined by -; in numbers n is the minus and d the line of the fraction.

const LINK_BEGINS = "explorer";
const LONGEST_IN_LINK = 60; // digits above or below the line, in running statistics

const linkedNumber = ({ numerator, denominator }) =>
  `${numerator}`.replace("-", "n") + (denominator === 1n ? "" : `d${denominator}`);

function readNumber(text) {
  const found = /^(n?)(\d+)(?:d(\d+))?$/.exec(text);
  if (!found || found[2].length > LONGEST_IN_LINK || (found[3] ?? "1").length > LONGEST_IN_LINK) return undefined;
  const denominator = BigInt(found[3] ?? "1");
  return denominator === 0n ? undefined : new Rational(BigInt(found[2]) * (found[1] ? -1n : 1n), denominator);
}

const LISTS = ["x", "g", "gamma", "beta"];
const WORDS = ["method", "shows", "time"];
const COUNTS = ["at", "step"];

// What of `state` differs from `start`.
function linkOf(state, start) {
  const parts = [LINK_BEGINS];
  const add = (name, values, before) => {
    if (values.join("_") !== before.join("_")) parts.push([name, ...values].join("_"));
  };
  for (const name of [...WORDS, ...COUNTS]) add(name, [state[name]], [start[name]]);
  add("eps", [linkedNumber(state.eps)], [linkedNumber(start.eps)]);
  for (const name of LISTS) add(name, state[name].map(linkedNumber), start[name].map(linkedNumber));
  const keptNumbers = ({ batches, mean, variance }) => [batches, ...mean.map(linkedNumber), ...variance.map(linkedNumber)];
  add("running", keptNumbers(state.running), keptNumbers(start.running));
  return parts.join("-");
}

// The state that a link asks for; undefined where it is of something else. Parts that cannot be read stay as at the start.
function stateOf(link, start, methods) {
  const [first, ...parts] = link.split("-");
  if (first !== LINK_BEGINS) return undefined;
  const state = { ...start };
  const allowed = { method: methods.map(({ id }) => id), shows: Object.keys(SHOWN), time: ["train", "test"] };
  const most = { at: start.x.length - 1, step: 99 };
  for (const part of parts) {
    const [name, ...values] = part.split("_");
    if (WORDS.includes(name) && allowed[name].includes(values[0])) state[name] = values[0];
    if (COUNTS.includes(name) && /^\d{1,2}$/.test(values[0])) state[name] = Math.min(Number(values[0]), most[name]);
    const numbers = values.map(readNumber);
    if (LISTS.includes(name) && numbers.length === start[name].length && numbers.every(Boolean)) state[name] = numbers;
    if (name === "eps" && EPSILONS.some((each) => numbers[0]?.equals(each))) state.eps = numbers[0];
    if (name === "running") state.running = readRunning(numbers, start.gamma.length) ?? state.running;
  }
  return state;
}

// Batches, means and variances, which are above 0.
function readRunning([batches, ...numbers], channels) {
  if (numbers.length !== 2 * channels || !batches || !numbers.every(Boolean)) return undefined;
  const [mean, variance] = [numbers.slice(0, channels), numbers.slice(channels)];
  return variance.every(({ numerator }) => numerator > 0n) ? { batches: batches.number(), mean, variance } : undefined;
}
