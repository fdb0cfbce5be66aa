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
const WORDS = ["method", "shows", "time", "colours"];
const COUNTS = ["at", "step"];
const ONE_OF = { eps: EPSILONS, momentum: MOMENTA };

// What of `state` differs from the start in its shape, which comes first where it is not the example's.
function linkOf(state, data) {
  const start = startState(data, state.shape), parts = [LINK_BEGINS];
  const add = (name, values, before) => {
    if (values.join("_") !== before.join("_")) parts.push([name, ...values].join("_"));
  };
  add("shape", state.shape, data.shape);
  for (const name of [...WORDS, ...COUNTS]) add(name, [state[name]], [start[name]]);
  for (const name of Object.keys(ONE_OF)) add(name, [linkedNumber(state[name])], [linkedNumber(start[name])]);
  for (const name of LISTS) add(name, state[name].map(linkedNumber), start[name].map(linkedNumber));
  const keptNumbers = ({ batches, mean, variance }) => [batches, ...mean.map(linkedNumber), ...variance.map(linkedNumber)];
  add("running", keptNumbers(state.running), keptNumbers(start.running));
  return parts.join("-");
}

// The state that a link asks for; undefined where it is of something else. Parts that cannot be read stay as at the start.
function stateOf(link, data) {
  const [first, ...parts] = link.split("-");
  if (first !== LINK_BEGINS) return undefined;
  const read = parts.map((part) => part.split("_"));
  const start = startState(data, readShape(read.find(([name]) => name === "shape")) ?? data.shape), state = { ...start };
  const allowed = {
    method: data.methods.filter((method) => fits(method, start.shape)).map(({ id }) => id),
    shows: Object.keys(SHOWN), time: ["train", "test"], colours: ["sets", "values"],
  };
  const most = { at: start.x.length - 1, step: 99 };
  for (const [name, ...values] of read) {
    if (WORDS.includes(name) && allowed[name].includes(values[0])) state[name] = values[0];
    if (COUNTS.includes(name) && /^\d{1,3}$/.test(values[0])) state[name] = Math.min(Number(values[0]), most[name]);
    const numbers = values.map(readNumber);
    if (LISTS.includes(name) && numbers.length === start[name].length && numbers.every(Boolean)) state[name] = numbers;
    if (Object.hasOwn(ONE_OF, name) && ONE_OF[name].some((each) => numbers[0]?.equals(each))) state[name] = numbers[0];
    if (name === "running") state.running = readRunning(numbers, start.gamma.length) ?? state.running;
  }
  return state;
}

// Four lengths within the limits; undefined where it is none.
function readShape([, ...texts] = []) {
  const shape = texts.map(Number);
  const isAllowed = (length, axis) => Number.isInteger(length) && length >= 1 && length <= LARGEST_SHAPE[axis];
  return shape.length === 4 && shape.every(isAllowed) ? shape : undefined;
}

// Batches, means and variances, which are above 0.
function readRunning([batches, ...numbers], channels) {
  if (numbers.length !== 2 * channels || !batches || !numbers.every(Boolean)) return undefined;
  const [mean, variance] = [numbers.slice(0, channels), numbers.slice(channels)];
  return variance.every(({ numerator }) => numerator > 0n) ? { batches: batches.number(), mean, variance } : undefined;
}
