// Draws a state: everything that is shown follows from it, and nothing is kept here but the elements.

function buildView(root, { hues, methods }) {
  const find = (selector) => root.querySelector(selector);
  const fill = (name, options, radio = name) => find(`[data-radios=${name}]`).append(...radios(radio, options));
  const shown = Object.entries(SHOWN);
  fill("method", methods.map(({ id, name }) => [id, name]));
  fill("shows-forward", shown.filter(([, { backward }]) => !backward).map(([id, { name }]) => [id, name]), "shows");
  fill("shows-backward", shown.filter(([, { backward }]) => backward).map(([id, { name }]) => [id, name]), "shows");
  fill("time", [["train", "training"], ["test", "test time"]]);
  fill("colours", [["sets", "sets"], ["values", "values"]]);
  const numbered = (numbers) => numbers.map((number, at) => [at, rationalText(number)]);
  const upTo = (most) => Array.from({ length: most }, (_, before) => [before + 1, `${before + 1}`]);
  find(".explorer-shape").append(
    ...SHAPE_AXES.map((axis, at) => choiceElement(axis, `shape${at}`, upTo(LARGEST_SHAPE[at]))));
  find(".explorer-constants").append(choiceElement("ε", "eps", numbered(EPSILONS)));
  find(".explorer-momentum").append(choiceElement("momentum α", "momentum", numbered(MOMENTA)));
  makeTable(find("[data-table=channels]"), make("caption", {}, "Per channel"));
  makeTable(find("[data-table=sets]"));
  makeTable(find("[data-table=strips]"), make("caption"));
  return { root, find, hues, methods };
}

// What depends on the shape alone.
function buildShape(view, shape) {
  const { find } = view;
  view.shape = shape;
  view.cells = { left: buildGrid(find("[data-grid=left]"), shape), right: buildGrid(find("[data-grid=right]"), shape) };
  buildChannels(find("[data-table=channels] table"), shape[1]);
  shape.forEach((length, axis) => { find(`[name=shape${axis}]`).value = length; });
  for (const radio of view.root.querySelectorAll("[name=method]")) {
    radio.disabled = !fits(view.methods.find(({ id }) => id === radio.value), shape);
  }
}

function draw(view, state) {
  const { find, methods } = view, { shape } = state;
  if (String(shape) !== String(view.shape)) buildShape(view, shape);
  const method = methods.find(({ id }) => id === state.method);
  const results = forward(state, method, shape);
  const gradients = backward(state, method, shape, results);
  const all = { ...results, ...gradients };
  for (const name of ["method", "shows", "time", "colours"]) {
    for (const radio of view.root.querySelectorAll(`[name=${name}]`)) radio.checked = radio.value === state[name];
  }
  for (const [name, numbers] of Object.entries(ONE_OF)) {
    find(`[name=${name}]`).value = numbers.findIndex((each) => each.equals(state[name]));
  }
  drawGrids(view, state, all);
  drawCaption(view, state, method, all, state.at);
  drawField(view, state);
  drawNumbers(view, state, method, all);
  drawNow(view, state, method, all);
  drawSpread(view, state, all);
  drawSteps(view, state, method, all);
  drawChannels(view, state, method, all);
  drawFed(view, state, method, all);
  drawSets(view, state, method, all);
  for (const part of view.root.querySelectorAll("[data-of-bn]")) part.hidden = !method.keeps;
  return { method, ...all };
}

function drawField({ find, shape }, state) {
  const edited = editedList(state), field = find("#explorer-value");
  find("[for=explorer-value]").textContent = `${edited === "x" ? "x" : "∂L/∂y"} of ${placeName(state.at, shape)}`;
  if (document.activeElement !== field) setField(field, state[edited][state.at]);
  const slider = find("#explorer-slider"), value = state[edited][state.at];
  [slider.min, slider.max, slider.step] = edited === "x" ? [-12, 12, 1] : [-3, 3, 0.5];
  slider.value = value.number();
  slider.setAttribute("aria-label", find("[for=explorer-value]").textContent);
  slider.setAttribute("aria-valuetext", rationalText(value));
  for (const name of ["one", "ones"]) find(`[data-preset=${name}]`).hidden = edited === "x";
}

// Writes a number into a field, which is right again.
function setField(field, value) {
  field.value = rationalText(value);
  field.removeAttribute("aria-invalid");
}

// What is told of the chosen value: names and numbers.
function numbersOf(state, method, { sets, setAt, xhat, y, d, dx, dgamma, dbeta }) {
  const set = sets[setAt[state.at]], channel = positionOf(state.at, state.shape)[1];
  const names = namesOf(method, state.eps);
  const entries = [
    ...(method.centred ? [["μ", Exact.of(set.mean), "mean"]] : []),
    [names.spread, Exact.of(set.variance), "variance"],
    [names.std, Exact.root(set.variance), "std"],
    ...(state.eps.isZero ? [] : [[names.root, set.root, "root"]]),
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

function drawNumbers({ find }, state, method, all) {
  find(".explorer-numbers").replaceChildren(...numbersOf(state, method, all).map(([name, value, of]) =>
    make("div", {}, make("dt", {}, name), make("dd", {}, numberElement(value, of)))));
}

// Beside the field, for those who do not see the right grid: the value of what is shown there.
function drawNow({ find }, state, method, all) {
  const [name, value] = numbersOf(state, method, all).find(([, , of]) => of === state.shows);
  find(".explorer-now").textContent = `${name} = ${value ? fullText(value) : "undefined"}`.replace("= ≈", "≈");
}

// The values of the chosen one's set before and after.
function drawSpread({ find, shape }, state, { sets, setAt, xhat, y }) {
  const { members } = sets[setAt[state.at]], table = find("[data-table=strips] table");
  const what = members.length === 1 ? "The value" : `The ${members.length} values`;
  table.caption.textContent = `${what} of set ${letterOf(setAt[state.at])} (${setName(members, shape)})`;
  const rows = [["x", "x", state.x.map(Exact.of)], ["x̂", "xhat", xhat], ["y", "y", y]]
    .map(([name, of, values]) => [name, of, members.map((index) => values[index])]);
  drawStrips(table, rows, members.indexOf(state.at));
}

function stepsOf(state, method, all) {
  return (SHOWN[state.shows].backward ? backwardSteps : forwardSteps)(state, method, state.shape, all);
}

function drawSteps({ find }, state, method, all) {
  const steps = stepsOf(state, method, all), code = codeOf(method, all.kept);
  const shown = state.step ? Math.min(state.step, steps.length) : steps.length;
  find(".explorer-steps ol").replaceChildren(...steps.slice(0, shown).map(({ line, name, why, calculation }, at) =>
    make("li", at === shown - 1 && state.step ? { "aria-current": "step" } : {},
      make("span", { class: "explorer-why" }, why),
      make("span", { class: "explorer-sum" }, calculation ? `${name} = ${calculation}` : name),
      make("code", { class: "explorer-code" }, code[line]))));
  find(".explorer-layer").textContent = layerCode(method, state);
  // Buttons that lead nowhere stay where they are, so that a finger or the focus on them does not lose its place.
  find("[data-step=back]").setAttribute("aria-disabled", String(shown <= 1));
  find("[data-step=next]").setAttribute("aria-disabled", String(shown >= steps.length));
}

function drawSets({ find, shape }, state, method, { sets }) {
  const table = find("[data-table=sets] table"), { spread, std } = namesOf(method, state.eps);
  const heads = ["set", "values", ...(method.centred ? ["μ"] : []), spread, std];
  table.tHead.replaceChildren(make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head))));
  table.tBodies[0].replaceChildren(...sets.map(({ members, mean, variance }, number) => make("tr", {},
    make("th", { scope: "row" }, `${letterOf(number)}: ${setName(members, shape)}`),
    make("td", {}, String(members.length)),
    ...(method.centred ? [make("td", {}, numberElement(Exact.of(mean), "set-mean"))] : []),
    make("td", {}, numberElement(Exact.of(variance), "set-variance")),
    make("td", {}, numberElement(Exact.root(variance), "set-std")))));
}
