// What the reader chose and typed. Every part is a value of its own: changes make a new state.

// From the page's data: its numbers are texts such as "1/2".
function startState({ x, gamma, beta, methods }) {
  const numbers = (texts) => texts.map(typedRational);
  return {
    method: methods[0].id,
    shows: "y",
    time: "train",
    eps: Rational.ZERO,
    x: numbers(x),
    g: x.map((_, index) => (index === 0 ? Rational.ONE : Rational.ZERO)), // ∂L/∂y
    gamma: numbers(gamma),
    beta: numbers(beta),
    running: untouched(gamma.length),
    at: 0, // the number of the value that is looked at
    step: 0, // how many steps of its computation are shown; 0: all
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

const EPSILONS = ["0", "0.00001"].map(typedRational); // for a pencil; of torch.nn

// What the reader changes in the left grid: in the backward pass the upstream gradient.
const editedList = (state) => (SHOWN[state.shows].backward ? "g" : "x");

const withAt = (list, index, value) => list.map((old, at) => (at === index ? value : old));
