// The forward pass, exactly: y = γ x̂ + β with x̂ = (x − μ)/√(σ² + ε). In RMSNorm (Zhang & Sennrich 2019,
// arXiv:1910.07467, Equation 4) no mean is subtracted: μ is 0, and in the place of σ² stands the mean square.

// Of each set: its `members` (numbers of values), `mean` and `variance` that normalize, and `root` = √(σ² + ε), in
// training with `total` Σx and `squares` Σ(x − μ)²; `setAt`: the number of each value's set; `xhat` and `y` of each
// value. These are undefined where the root is 0.
function forward(state, method, shape) {
  const kept = usesRunning(state, method);
  const sets = sharedSets(method, shape).map((members, number) =>
    kept ? keptSet(members, state.running, number, state.eps)
      : measuredSet(members, members.map((index) => state.x[index]), state.eps, method.centred));
  const setAt = [], xhat = [], y = [];
  sets.forEach((set, number) => set.members.forEach((index) => {
    setAt[index] = number;
    if (set.root.isZero) return;
    const channel = positionOf(index, shape)[1];
    xhat[index] = Exact.of(state.x[index].minus(set.mean)).over(set.root);
    y[index] = Exact.of(state.gamma[channel]).times(xhat[index]).plus(Exact.of(state.beta[channel]));
  }));
  return { sets, setAt, xhat, y, kept };
}

// Whether running statistics stand in for those of the batch: in BN, at test time.
const usesRunning = (state, method) => method.keeps && state.time === "test";

function measuredSet(members, values, eps, centred) {
  const count = new Rational(BigInt(values.length)), total = Rational.sum(values);
  const mean = centred ? total.over(count) : Rational.ZERO;
  const squares = Rational.sum(values.map((value) => value.minus(mean).times(value.minus(mean))));
  const variance = squares.over(count);
  return { members, total, mean, squares, variance, root: Exact.root(variance.plus(eps)) };
}

function keptSet(members, running, channel, eps) {
  const [mean, variance] = [running.mean[channel], running.variance[channel]];
  return { members, mean, variance, root: Exact.root(variance.plus(eps)) };
}
