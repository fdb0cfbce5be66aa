// The backward pass in closed form (Ioffe & Szegedy 2015, Section 3, simplified), from g = ∂L/∂y:
// with d = ∂L/∂x̂ = γ g and means over the set, ∂L/∂x = (d − mean(d) − x̂ · mean(d x̂))/√(σ² + ε);
// where no mean is subtracted, mean(d) falls away; where μ and σ² are kept numbers, they do not depend on x, and
// ∂L/∂x = d/√(σ² + ε).

// Of each value `d`, `terms` g x̂ and `dx`; of each set `means` of d and of d x̂; of each channel `dgamma` and `dbeta`.
// What needs an x̂ that is undefined is undefined.
function backward(state, method, shape, { sets, xhat, kept }) {
  const channels = state.gamma.map(() => []);
  state.x.forEach((_, index) => channels[positionOf(index, shape)[1]].push(index));
  const d = [], dx = [], dgamma = [], terms = [];
  channels.forEach((members, channel) => members.forEach((index) => {
    d[index] = state.g[index].times(state.gamma[channel]);
    if (xhat[index]) terms[index] = Exact.of(state.g[index]).times(xhat[index]);
  }));
  const means = sets.map(({ members, root }) => {
    if (root.isZero) return undefined;
    const count = new Rational(BigInt(members.length));
    const plain = method.centred ? Rational.sum(members.map((index) => d[index])).over(count) : Rational.ZERO;
    const withXhat = Exact.sum(members.map((index) => Exact.of(d[index]).times(xhat[index]))).over(Exact.of(count));
    for (const index of members) {
      const own = Exact.of(kept ? d[index] : d[index].minus(plain));
      dx[index] = (kept ? own : own.minus(xhat[index].times(withXhat))).over(root);
    }
    return { plain, withXhat };
  });
  channels.forEach((members, channel) => {
    if (members.every((index) => xhat[index])) dgamma[channel] = Exact.sum(members.map((index) => terms[index]));
  });
  const dbeta = channels.map((members) => Rational.sum(members.map((index) => state.g[index])));
  return { channels, d, terms, means, dx, dgamma, dbeta };
}
