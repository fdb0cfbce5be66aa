// One value's computation, written out: each step is what is computed, why, the calculation with its numbers, and which
// line of code does it.

// What the numbers of a set are called.
function namesOf(method, eps) {
  const [spread, std] = method.centred ? ["σ²", "σ"] : ["mean(x²)", "RMS"];
  return { spread, std, root: eps.isZero ? std : `√(${spread} + ε)` };
}

// `name = calculation = result`, where the results of calculations with long numbers are written as such (≈).
function step(line, name, why, calculations, value, uses = []) {
  const sign = [value, ...uses].every((each) => exactText(each) !== undefined) ? " = " : " ≈ ";
  const result = fullText(value).replace(/^≈ /, "");
  const before = calculations.filter((text, at) => text && text !== calculations[at - 1] && text !== result);
  return { line, name, why, calculation: [...before, result].join(sign) };
}

const undefinedStep = (line, name, why) => ({ line, name, why: `undefined${why}`, calculation: "" });

const summed = (texts) => texts.join(" + ") || "0";

function forwardSteps(state, method, shape, { sets, setAt, xhat, y, kept }) {
  const set = sets[setAt[state.at]], count = set.members.length, channel = positionOf(state.at, shape)[1];
  const [x, mean, variance, eps] = [state.x[state.at], set.mean, set.variance, state.eps].map(Exact.of);
  const steps = kept ? keptSteps(mean, variance, state.running.batches)
    : method.centred ? measuredSteps(state, set, count) : [squareStep(state, set, count)];
  const inRoot = state.eps.isZero ? termText(variance) : `${termText(variance)} + ${termText(eps)}`;
  const { root } = namesOf(method, state.eps);
  steps.push(step("root", root, method.centred ? "the standard deviation" : "the root mean square",
    [`√${/^\d+$/.test(inRoot) ? inRoot : `(${inRoot})`}`], set.root, [variance]));
  if (!xhat[state.at]) return [...steps, undefinedStep("xhat", "x̂", ": the divisor is 0")];
  const difference = x.minus(mean), over = `${factorText(difference)}/${factorText(set.root)}`;
  steps.push(method.centred
    ? step("xhat", "x̂", `the distance from μ, over ${root}`,
      [`(${termText(x)} − ${factorText(mean)})/${factorText(set.root)}`, over], xhat[state.at], [x, mean, set.root])
    : step("xhat", "x̂", `the value itself, over ${root}: no mean is subtracted`, [over], xhat[state.at], [x, set.root]));
  if (state.shows === "xhat") return steps;
  const [gamma, beta] = [state.gamma[channel], state.beta[channel]].map(Exact.of);
  const scaled = `${factorText(gamma)}·${factorText(xhat[state.at])} + ${factorText(beta)}`;
  return [...steps, step("y", "y", `γ x̂ + β, with γ and β of channel ${channel + 1}`, [scaled], y[state.at],
    [gamma, beta, xhat[state.at]])];
}

function measuredSteps(state, { members, mean, total, squares, variance }, count) {
  const values = members.map((index) => factorText(Exact.of(state.x[index])));
  const away = factorText(Exact.of(mean)), distances = values.map((text) => `(${text} − ${away})²`);
  return [
    step("mean", "μ", `the mean of the ${count} values of the set`,
      [`(${summed(values)})/${count}`, `${factorText(Exact.of(total))}/${count}`], Exact.of(mean)),
    step("variance", "σ²", "the mean of their squared distances from μ",
      [`(${summed(distances)})/${count}`, `${factorText(Exact.of(squares))}/${count}`], Exact.of(variance)),
  ];
}

function squareStep(state, { members, squares, variance }, count) {
  const values = members.map((index) => `${factorText(Exact.of(state.x[index]))}²`);
  return step("variance", "mean(x²)", `the mean of the squares of the ${count} values of the set`,
    [`(${summed(values)})/${count}`, `${factorText(Exact.of(squares))}/${count}`], Exact.of(variance));
}

function keptSteps(mean, variance, batches) {
  const from = `kept after ${batches} ${batches === 1 ? "batch" : "batches"}, whatever stands in this one`;
  return [step("mean", "μ", `the running mean, ${from}`, [], mean), step("variance", "σ²", "the running variance", [], variance)];
}

function backwardSteps(state, method, shape, results) {
  const channel = positionOf(state.at, shape)[1];
  if (state.shows === "dbeta") return [betaStep(state, results, channel)];
  if (state.shows === "dgamma") return [gammaStep(state, results, channel)];
  return inputSteps(state, method, results, channel);
}

function betaStep(state, { channels, dbeta }, channel) {
  const parts = channels[channel].map((index) => factorText(Exact.of(state.g[index])));
  return step("dbeta", "∂L/∂β", `β is added to every value of channel ${channel + 1}`, [summed(parts)], Exact.of(dbeta[channel]));
}

function gammaStep(state, { channels, xhat, dgamma }, channel) {
  const why = `γ multiplies every x̂ of channel ${channel + 1}: the sum of ∂L/∂y · x̂`;
  if (!dgamma[channel]) return undefinedStep("dgamma", "∂L/∂γ", ", as an x̂ of the channel is");
  const [parts, uses] = products(channels[channel], state.g, xhat);
  return step("dgamma", "∂L/∂γ", withZeros(why, parts, channels[channel]), [summed(parts)], dgamma[channel], uses);
}

function inputSteps(state, method, { sets, setAt, xhat, d, means, dx, kept }, channel) {
  const set = sets[setAt[state.at]], count = set.members.length, own = Exact.of(d[state.at]);
  const [g, gamma] = [state.g[state.at], state.gamma[channel]].map(Exact.of);
  const steps = [step("d", "d", `∂L/∂x̂ = γ · ∂L/∂y, with γ of channel ${channel + 1}`,
    [`${factorText(gamma)}·${factorText(g)}`], own)];
  const { root, spread } = namesOf(method, state.eps);
  if (!xhat[state.at]) return [...steps, undefinedStep("dx", "∂L/∂x", ": the divisor is 0")];
  if (kept) {
    const why = `d/${root}: the mean and the variance are kept numbers, which no x of this batch moves`;
    return [...steps, step("dx", "∂L/∂x", why, [`${factorText(own)}/${factorText(set.root)}`], dx[state.at], [set.root])];
  }
  const { plain, withXhat } = means[setAt[state.at]], mean = Exact.of(plain);
  const plainParts = set.members.map((index) => factorText(Exact.of(d[index])));
  const [parts, uses] = products(set.members, d, xhat);
  const [one, other] = [xhat[state.at], withXhat];
  const inner = own.minus(mean).minus(one.times(other));
  const minusMean = method.centred ? ` − ${factorText(mean)}` : "";
  return [...steps,
    ...(method.centred ? [step("plain", "mean(d)", `over the ${count} values of the set: what x moves by way of μ`,
      [`(${summed(plainParts)})/${count}`], mean)] : []),
    step("withXhat", "mean(d·x̂)", withZeros(`what x moves by way of ${spread}`, parts, set.members),
      [`(${summed(parts)})/${count}`], other, uses),
    step("dx", "∂L/∂x", `(d${method.centred ? " − mean(d)" : ""} − x̂·mean(d·x̂))/${root}`, [
      `(${termText(own)}${minusMean} − ${factorText(one)}·${factorText(other)})/${factorText(set.root)}`,
      `${factorText(inner)}/${factorText(set.root)}`,
    ], dx[state.at], [own, mean, one, other, set.root])];
}

// The products that are not 0, as texts, and the x̂ in them.
function products(members, factors, xhat) {
  const found = members.filter((index) => !factors[index].isZero);
  const texts = found.map((index) => `${factorText(Exact.of(factors[index]))}·${factorText(xhat[index])}`);
  return [texts, found.map((index) => xhat[index])];
}

const withZeros = (why, parts, members) =>
  parts.length < members.length ? `${why}; what is multiplied by 0 is left out` : why;
