// Draws a state: everything that is shown follows from it, and nothing is kept here but the elements.

function buildView(root, { shape, hues, methods, momentum }) {
  const find = (selector) => root.querySelector(selector);
  const cells = { left: buildGrid(find("[data-grid=left]"), shape), right: buildGrid(find("[data-grid=right]"), shape) };
  const fill = (name, options, radio = name) => find(`[data-radios=${name}]`).append(...radios(radio, options));
  const shown = Object.entries(SHOWN);
  fill("method", methods.map(({ id, name }) => [id, name]));
  fill("shows-forward", shown.filter(([, { backward }]) => !backward).map(([id, { name }]) => [id, name]), "shows");
  fill("shows-backward", shown.filter(([, { backward }]) => backward).map(([id, { name }]) => [id, name]), "shows");
  fill("time", [["train", "training"], ["test", "test time"]]);
  find("[name=eps]").append(...EPSILONS.map((eps, at) => make("option", { value: at }, rationalText(eps))));
  buildChannels(makeTable(find("[data-table=channels]"), make("caption", {}, "Per channel")), shape[1]);
  makeTable(find("[data-table=sets]"));
  return { root, find, cells, shape, hues, methods, momentum };
}

function draw(view, state) {
  const { find, shape, methods } = view;
  const method = methods.find(({ id }) => id === state.method);
  const results = forward(state, method, shape);
  const gradients = backward(state, shape, results);
  const all = { ...results, ...gradients };
  for (const name of ["method", "shows", "time"]) {
    for (const radio of view.root.querySelectorAll(`[name=${name}]`)) radio.checked = radio.value === state[name];
  }
  find("[name=eps]").value = EPSILONS.findIndex((eps) => eps.equals(state.eps));
  drawGrids(view, state, all);
  drawCaption(view, state, method, all, state.at);
  drawField(view, state);
  drawNumbers(view, state, all);
  drawSteps(view, state, method, all);
  drawChannels(view, state, method, all);
  drawSets(view, state, all);
  for (const part of view.root.querySelectorAll("[data-of-bn]")) part.hidden = !method.keeps;
  return { method, ...all };
}

// The numbers of the right grid, and what they are.
function rightValues(state, { xhat, y, dx, terms }) {
  return {
    xhat: { of: "xhat", title: "x̂", values: xhat },
    y: { of: "y", title: "y = γ x̂ + β", values: y },
    dx: { of: "dx", title: "∂L/∂x", values: dx },
    dgamma: { of: "terms", title: "∂L/∂y · x̂, to be summed to ∂L/∂γ", values: terms },
    dbeta: { of: "g", title: "∂L/∂y, to be summed to ∂L/∂β", values: state.g.map(Exact.of) },
  }[state.shows];
}

// The values that the chosen number depends on by its mean, its variance or its sum.
function markedValues(state, { sets, setAt, channels, kept }, shape) {
  if (["dgamma", "dbeta"].includes(state.shows)) return channels[positionOf(state.at, shape)[1]];
  return kept ? [state.at] : sets[setAt[state.at]].members;
}

function drawGrids(view, state, all) {
  const { cells, shape, hues, find } = view, edited = editedList(state), right = rightValues(state, all);
  const marked = new Set(markedValues(state, all, shape));
  find("#explorer-left").textContent = edited === "x" ? "x: choose a value, and change it" : "∂L/∂y: choose one, and change it";
  find("#explorer-right").textContent = right.title;
  const place = setColours(all.sets, shape);
  state.x.forEach((_, index) => {
    const set = all.setAt[index], name = `${placeName(index, shape)}, set ${letterOf(set)}`;
    const common = {
      name, letter: letterOf(set), hue: hues[place[set].hue], strength: place[set].strength,
      chosen: index === state.at, marked: marked.has(index),
    };
    fillCell(cells.left[index], { ...common, value: Exact.of(state[edited][index]), of: edited });
    fillCell(cells.right[index], { ...common, value: right.values[index], of: right.of });
  });
}

// The hue tells images apart (in BN channels), the strength the sets within an image.
function setColours(sets, shape) {
  const firsts = sets.map(({ members }) => positionOf(members[0], shape));
  const acrossImages = sets.some(({ members }) => new Set(members.map((index) => positionOf(index, shape)[0])).size > 1);
  const before = {};
  return firsts.map(([image, channel]) => {
    const hue = acrossImages ? channel : image;
    before[hue] = (before[hue] ?? -1) + 1;
    return { hue, strength: 16 + 11 * before[hue] };
  });
}

// Under the grids: of the set at `index`, which a mouse may point at.
function drawCaption(view, state, method, all, index) {
  view.find(".explorer-caption").textContent = caption(state, method, view.shape, all, index);
  const pointed = new Set(index === state.at ? [] : markedValues({ ...state, at: index }, all, view.shape));
  for (const list of Object.values(view.cells)) {
    list.forEach((cell, at) => cell.classList.toggle("explorer-pointed", pointed.has(at)));
  }
}

function drawField({ find, shape }, state) {
  const edited = editedList(state), field = find("#explorer-value");
  find("[for=explorer-value]").textContent = `${edited === "x" ? "x" : "∂L/∂y"} of ${placeName(state.at, shape)}`;
  if (document.activeElement !== field) setField(field, state[edited][state.at]);
  for (const name of ["one", "ones"]) find(`[data-preset=${name}]`).hidden = edited === "x";
}

// Writes a number into a field, which is right again.
function setField(field, value) {
  field.value = rationalText(value);
  field.removeAttribute("aria-invalid");
}

// What is told of the chosen value: names and numbers.
function numbersOf(state, { sets, setAt, xhat, y, d, dx, dgamma, dbeta }, shape) {
  const set = sets[setAt[state.at]], channel = positionOf(state.at, shape)[1];
  const entries = [
    ["μ", Exact.of(set.mean), "mean"],
    ["σ²", Exact.of(set.variance), "variance"],
    ["σ", Exact.root(set.variance), "std"],
    ...(state.eps.isZero ? [] : [["√(σ² + ε)", set.root, "root"]]),
    ["x", Exact.of(state.x[state.at]), "x"],
    ["x̂", xhat[state.at], "xhat"],
    ["y", y[state.at], "y"],
  ];
  if (!SHOWN[state.shows].backward) return entries;
  return [...entries,
    ["∂L/∂y", Exact.of(state.g[state.at]), "g"],
    ["d = ∂L/∂x̂", Exact.of(d[state.at]), "d"],
    ["∂L/∂x", dx[state.at], "dx"],
    [`∂L/∂γ, channel ${channel + 1}`, dgamma[channel], "dgamma"],
    [`∂L/∂β, channel ${channel + 1}`, Exact.of(dbeta[channel]), "dbeta"],
  ];
}

function drawNumbers({ find, shape }, state, all) {
  find(".explorer-numbers").replaceChildren(...numbersOf(state, all, shape).map(([name, value, of]) =>
    make("div", {}, make("dt", {}, name), make("dd", {}, numberElement(value, of)))));
}

function stepsOf(state, method, all, shape) {
  return SHOWN[state.shows].backward ? backwardSteps(state, shape, all) : forwardSteps(state, method, shape, all);
}

function drawSteps({ find, shape }, state, method, all) {
  const steps = stepsOf(state, method, all, shape), shown = state.step ? Math.min(state.step, steps.length) : steps.length;
  find(".explorer-steps ol").replaceChildren(...steps.slice(0, shown).map(({ name, why, calculation }, at) =>
    make("li", at === shown - 1 && state.step ? { "aria-current": "step" } : {},
      make("span", { class: "explorer-why" }, why),
      make("span", { class: "explorer-sum" }, calculation ? `${name} = ${calculation}` : name))));
  // Buttons that lead nowhere stay where they are, so that a finger or the focus on them does not lose its place.
  find("[data-step=back]").setAttribute("aria-disabled", String(shown <= 1));
  find("[data-step=next]").setAttribute("aria-disabled", String(shown >= steps.length));
}

// γ and β in fields, one pair per channel; the rows below them are drawn.
function buildChannels(table, channels) {
  const numbers = Array.from({ length: channels }, (_, channel) => channel);
  table.tHead.append(make("tr", {}, make("td"), ...numbers.map((at) => make("th", { scope: "col" }, `${at + 1}`))));
  for (const [list, sign] of [["gamma", "γ"], ["beta", "β"]]) {
    const fields = numbers.map((at) => make("td", {}, make("input", {
      type: "text", "data-list": list, "data-channel": at, "aria-label": `${sign} of channel ${at + 1}`,
      enterkeyhint: "done", spellcheck: "false", "aria-describedby": "explorer-wrong",
    })));
    table.tBodies[0].append(make("tr", {}, make("th", { scope: "row" }, sign), ...fields));
  }
}

function drawChannels({ find, shape }, state, method, all) {
  const table = find("[data-table=channels] table");
  for (const field of table.querySelectorAll("input")) {
    if (document.activeElement !== field) setField(field, state[field.dataset.list][field.dataset.channel]);
  }
  const rows = [];
  if (SHOWN[state.shows].backward) {
    rows.push(["∂L/∂γ", "dgamma", all.dgamma], ["∂L/∂β", "dbeta", all.dbeta.map(Exact.of)]);
  }
  if (method.keeps) {
    const batch = forward({ ...state, time: "train" }, method, shape).sets, { running } = state;
    rows.push(
      ["μ of this batch", "batch-mean", batch.map(({ mean }) => Exact.of(mean))],
      ["running mean", "running-mean", running.mean.map(Exact.of)],
      ["unbiased σ²", "batch-variance", batch.map((set) => Exact.of(unbiased(set)))],
      ["running σ²", "running-variance", running.variance.map(Exact.of)]);
    find(".explorer-fed").textContent = `${counted(running.batches, "batch", "batches")} fed.`;
  }
  const channels = Array.from({ length: shape[1] }, (_, channel) => channel);
  table.tBodies[1].replaceChildren(...rows.map(([name, of, values]) => make("tr", {}, make("th", { scope: "row" }, name),
    ...channels.map((at) => make("td", {}, numberElement(values[at], of, shortText))))));
}

const counted = (count, one, several) => `${count} ${count === 1 ? one : several}`;

function drawSets({ find, shape }, state, { sets }) {
  const table = find("[data-table=sets] table"), heads = ["set", "values", "μ", "σ²", "σ"];
  table.tHead.replaceChildren(make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head))));
  table.tBodies[0].replaceChildren(...sets.map(({ members, mean, variance }, number) => make("tr", {},
    make("th", { scope: "row" }, `${letterOf(number)}: ${setName(members, shape)}`),
    make("td", {}, String(members.length)),
    make("td", {}, numberElement(Exact.of(mean), "set-mean")),
    make("td", {}, numberElement(Exact.of(variance), "set-variance")),
    make("td", {}, numberElement(Exact.root(variance), "set-std")))));
}
