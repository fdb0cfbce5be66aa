// How the values of a set lie on a line, before and after: each a dot, with their mean and one standard deviation
// to either side.

const STRIP = { width: 200, height: 22, edge: 8 };

// By name a list of exact numbers, undefined ones among them; `own` is the place of the chosen value in the lists.
function drawStrips(table, rows, own) {
  const known = rows.flatMap(([, , values]) => values).filter(Boolean).map((value) => value.number());
  const [low, high] = [Math.min(0, ...known), Math.max(0, ...known)];
  const x = (number) => STRIP.edge + ((number - low) / (high - low || 1)) * (STRIP.width - 2 * STRIP.edge);
  table.tHead.replaceChildren(make("tr", {}, make("td"), make("th", { scope: "col" }, "on one line"),
    make("th", { scope: "col" }, "mean"), make("th", { scope: "col" }, "std")));
  table.tBodies[0].replaceChildren(...rows.map(([name, of, values]) => {
    const found = values.every(Boolean) ? spreadOf(values) : undefined;
    return make("tr", {}, make("th", { scope: "row" }, name),
      make("td", {}, found ? strip(values.map((value) => value.number()), found, own, x) : ""),
      make("td", {}, numberElement(found && { number: () => found.mean }, `strip-${of}-mean`, roundedText)),
      make("td", {}, numberElement(found && { number: () => found.std }, `strip-${of}-std`, roundedText)));
  }));
  const apart = (number) => number === 0 || Math.abs(x(number) - x(0)) > 30; // so that texts do not meet
  const ends = [...new Set([low, 0, high])].filter(apart).map((number) => drawn("text", {
    x: x(number), y: 12, "text-anchor": number === 0 ? "middle" : number < 0 ? "start" : "end",
  }, decimalText(Number(number.toPrecision(3)))));
  table.tBodies[1].replaceChildren(make("tr", {}, make("td"), make("td", {},
    drawn("svg", { viewBox: `0 0 ${STRIP.width} 14`, "aria-hidden": "true" }, ...ends)), make("td"), make("td")));
}

// Computed exactly, so that a mean of 0 is 0 and a deviation of 1 is 1.
function spreadOf(values) {
  const count = Exact.of(new Rational(BigInt(values.length))), mean = Exact.sum(values).over(count);
  const squares = values.map((value) => value.minus(mean)).map((distance) => distance.times(distance));
  return { mean: mean.number(), std: Math.sqrt(Math.max(0, Exact.sum(squares).over(count).number())) };
}

const roundedText = (value) => decimalText(Number(value.number().toPrecision(4)));

function strip(numbers, { mean, std }, own, x) {
  const middle = STRIP.height / 2, within = (number) => Math.min(STRIP.width, Math.max(0, x(number)));
  const line = (from, to, kind) =>
    drawn("line", { class: `explorer-${kind}`, x1: within(from), x2: within(to), y1: middle, y2: middle });
  const dots = numbers.map((number, at) => drawn("circle", { cx: x(number).toFixed(2), cy: middle, r: at === own ? 5 : 3.5,
    class: at === own ? "explorer-dot explorer-own-dot" : "explorer-dot" }));
  return drawn("svg", { viewBox: `0 0 ${STRIP.width} ${STRIP.height}`, "aria-hidden": "true" },
    drawn("line", { class: "explorer-zero", x1: x(0), x2: x(0), y1: 0, y2: STRIP.height }),
    line(mean - std, mean + std, "deviation"),
    drawn("line", { class: "explorer-mean", x1: x(mean), x2: x(mean), y1: 2, y2: STRIP.height - 2 }),
    ...dots.filter((_, at) => at !== own), dots[own]);
}
