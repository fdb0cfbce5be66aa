// What the batches did to BN's running statistics of a channel: dots are the batches', the line is what was kept.

const PANEL = { width: 220, height: 84, left: 40, right: 6, top: 8, bottom: 16 };

// `fed` as in the state; `before`: batches that were fed before the first of it.
function runningPicture(fed, channel, before) {
  const panels = { mean: "running mean", variance: "running σ²" };
  return Object.entries(panels).map(([of, name]) => {
    const [kept, batch] = ["running", "batch"].map((whose) => fed.map((each) => each[whose][of][channel]));
    const all = [...kept, ...batch, of === "mean" ? 0 : 1], [low, high] = [Math.min(...all), Math.max(...all)];
    const x = (at) => PANEL.left + ((at + 0.5) / fed.length) * (PANEL.width - PANEL.left - PANEL.right);
    const y = (number) => PANEL.top + ((high - number) / (high - low || 1)) * (PANEL.height - PANEL.top - PANEL.bottom);
    const point = (number, at) => `${x(at).toFixed(2)},${y(number).toFixed(2)}`;
    const rounded = (number, digits) => decimalText(Number(number.toPrecision(digits)));
    const label = (number) =>
      drawn("text", { x: PANEL.left - 4, y: y(number) + 3, "text-anchor": "end" }, rounded(number, 3));
    const below = (at) => drawn("text", { x: x(at), y: PANEL.height - 3, "text-anchor": "middle" }, `${before + at + 1}`);
    const after = counted(before + fed.length, "batch", "batches");
    const told = `${name} of channel ${channel + 1} after ${after}: ${rounded(kept.at(-1), 4)}; `
      + `the last batch's own: ${rounded(batch.at(-1), 4)}`;
    return make("figure", {}, make("figcaption", {}, `${name}, channel ${channel + 1}`), drawn("svg", {
      role: "img", "aria-label": told, viewBox: `0 0 ${PANEL.width} ${PANEL.height}`, "data-of": of,
    },
    ...(high > low ? [label(high), label(low)] : [label(low)]),
    drawn("polyline", { class: "explorer-kept", points: kept.map(point).join(" "), "data-values": kept.join(" ") }),
    drawn("g", { "data-values": batch.join(" ") }, ...batch.map((number, at) =>
      drawn("circle", { class: "explorer-dot", cx: x(at).toFixed(2), cy: y(number).toFixed(2), r: 3 }))),
    below(0),
    drawn("text", { x: (PANEL.width + PANEL.left) / 2, y: PANEL.height - 3, "text-anchor": "middle" }, "batch"),
    ...(fed.length > 1 ? [below(fed.length - 1)] : [])));
  });
}
