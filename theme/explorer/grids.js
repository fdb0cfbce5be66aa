// What the two grids show, and the block and the words below them.

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
  const lefts = state[edited].map(Exact.of);
  const byValue = state.colours === "values" && { left: valueColours(lefts), right: valueColours(right.values) };
  find("#explorer-left").textContent =
    edited === "x" ? "x: choose a value, and change it" : "∂L/∂y: choose one, and change it";
  find("#explorer-right").textContent = right.title;
  const place = setColours(all.sets, shape, hues);
  state.x.forEach((_, index) => {
    const set = all.setAt[index], name = `${placeName(index, shape)}, set ${letterOf(set)}`;
    const common = { name, letter: letterOf(set), chosen: index === state.at, marked: marked.has(index) };
    const colour = (side) => (byValue ? byValue[side][index] : place[set]);
    fillCell(cells.left[index], { ...common, ...colour("left"), value: lefts[index], of: edited });
    fillCell(cells.right[index], { ...common, ...colour("right"), value: right.values[index], of: right.of });
  });
}

// Under the grids, and in the block: of the set at `index`, which a mouse may point at.
function drawCaption(view, state, method, all, index) {
  const { shape, hues } = view, marked = markedValues({ ...state, at: index }, all, shape);
  const { hue } = setColours(all.sets, shape, hues)[all.setAt[index]];
  const said = caption(state, method, shape, all, index);
  view.find(".explorer-caption").textContent = said;
  view.find(".explorer-cube").replaceChildren(
    cubePicture(shape, marked, index, hue, `The batch as a block. ${said}`));
  const pointed = new Set(index === state.at ? [] : marked);
  for (const list of Object.values(view.cells)) {
    list.forEach((cell, at) => cell.classList.toggle("explorer-pointed", pointed.has(at)));
  }
}
