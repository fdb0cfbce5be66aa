// What the reader chose and typed. Every part is a value of its own: changes make a new state.

const EPSILONS = ["0", "0.00001", "0.001", "0.1", "1"].map(typedRational); // for a pencil; of torch.nn; larger ones
const MOMENTA = ["0.01", "0.1", "0.5", "1"].map(typedRational); // the share of the new batch

// From the page's data, whose numbers are texts such as "1/2": the example, or as much of it as `shape` holds.
function startState({ shape: given, x, gamma, beta, methods, momentum }, shape = given) {
  const indices = Array.from({ length: volume(shape) }, (_, index) => index);
  const perChannel = (texts) => texts.slice(0, shape[1]).map(typedRational);
  return {
    shape,
    method: methods[0].id,
    shows: "y",
    time: "train",
    colours: "sets",
    eps: Rational.ZERO,
    momentum: typedRational(momentum),
    x: indices.map((index) => typedRational(x[indexOf(positionOf(index, shape), given)] ?? beyond(index))),
    g: indices.map((index) => (index === 0 ? Rational.ONE : Rational.ZERO)), // ∂L/∂y
    gamma: perChannel(gamma),
    beta: perChannel(beta),
    running: untouched(shape[1]),
    fed: [], // what the batches did, for the picture alone; a link does not keep it
    at: 0, // the number of the value that is looked at
    step: 0, // how many steps of its computation are shown; 0: all
  };
}

// Some whole number from 0 to 12 where the example has none.
const beyond = (index) => String((7 * index * index + 3 * index + 2) % 13);

// The state in another shape: values that lie in both stay, and so does what is chosen, where it can.
function reshaped(state, shape, data) {
  const start = startState(data, shape);
  const kept = (name) => start[name].map((fresh, index) => state[name][indexOf(positionOf(index, shape), state.shape)] ?? fresh);
  const perChannel = (name) => start[name].map((fresh, channel) => state[name][channel] ?? fresh);
  const method = data.methods.find(({ id }) => id === state.method);
  const at = positionOf(state.at, state.shape).map((place, axis) => Math.min(place, shape[axis] - 1));
  return {
    ...state, shape, x: kept("x"), g: kept("g"), gamma: perChannel("gamma"), beta: perChannel("beta"),
    ...(shape[1] === state.shape[1] ? {} : { running: start.running, fed: [] }),
    method: fits(method, shape) ? state.method : "ln",
    at: indexOf(at, shape),
    step: Math.min(state.step, 1),
  };
}

// What can be computed, in the order of the computation.
const SHOWN = {
  xhat: { name: "x̂", backward: false },
  y: { name: "y", backward: false },
  dx: { name: "∂L/∂x", backward: true },
  dgamma: { name: "∂L/∂γ", backward: true },
  dbeta: { name: "∂L/∂β", backward: true },
};

// What the reader changes in the left grid: in the backward pass the upstream gradient.
const editedList = (state) => (SHOWN[state.shows].backward ? "g" : "x");

const withAt = (list, index, value) => list.map((old, at) => (at === index ? value : old));
