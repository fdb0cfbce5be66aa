// A grid of the batch's values: rows of images, columns of channels, one cell per value, and how keys move in it.

// Builds the rows of `grid`; gives its cells by the number of their value.
function buildGrid(grid, shape) {
  const [images, channels, height, width] = shape, cells = [];
  grid.style.setProperty("--columns", channels * width);
  grid.replaceChildren();
  const heads = Array.from({ length: channels }, (_, channel) =>
    make("span", { role: "columnheader", "aria-colspan": width }, `channel ${channel + 1}`));
  grid.append(make("div", { role: "row", class: "explorer-heads" }, ...heads));
  for (let image = 0; image < images; image++) {
    const head = make("span", { role: "rowheader", "aria-colspan": channels * width }, `image ${image + 1}`);
    grid.append(make("div", { role: "row", class: "explorer-heads" }, head));
    for (let row = 0; row < height; row++) {
      const line = make("div", { role: "row", class: "explorer-row", "aria-label": `image ${image + 1}, row ${row + 1}` });
      for (let place = 0; place < channels * width; place++) {
        const index = indexOf([image, Math.floor(place / width), row, place % width], shape);
        const first = place > 0 && place % width === 0 ? "explorer-first" : "";
        cells[index] = make("span", { role: "gridcell", tabindex: -1, "data-index": index, class: first });
        line.append(cells[index]);
      }
      grid.append(line);
    }
  }
  return cells;
}

// Writes a cell anew: its number, its set's letter and colour, and whether it is chosen and marked. A screen reader
// reads the whole number and its place, which are written out of sight: an `aria-label` would not contain what is seen.
function fillCell(cell, { value, of, name, letter, hue, strength, chosen, marked }) {
  const number = numberElement(value, of, shortText);
  const changed = cell.lastChild && cell.lastChild.textContent !== number.textContent;
  const words = `${value ? fullText(value) : "undefined"}, ${name}${marked ? ", marked" : ""}`;
  cell.replaceChildren(make("span", { class: "explorer-letter", "aria-hidden": "true" }, letter),
    make("span", { class: "explorer-unseen" }, words), make("span", { "aria-hidden": "true" }, number));
  cell.setAttribute("aria-selected", String(chosen));
  cell.tabIndex = chosen ? 0 : -1;
  cell.classList.toggle("explorer-marked", marked);
  cell.classList.toggle("explorer-long", number.textContent.length > 4);
  cell.classList.remove("explorer-changed");
  if (changed) requestAnimationFrame(() => cell.classList.add("explorer-changed"));
  cell.style.setProperty("--hue", hue);
  cell.style.setProperty("--strength", `${strength}%`);
}

// The number of the value to which a key leads from `index`; undefined where it is no such key.
function movedBy({ key, ctrlKey }, index, shape) {
  const [images, channels, height, width] = shape;
  const [image, channel, row, column] = positionOf(index, shape);
  const rows = images * height, columns = channels * width;
  let [down, right] = [image * height + row, channel * width + column];
  if (key === "ArrowUp") down -= 1;
  else if (key === "ArrowDown") down += 1;
  else if (key === "ArrowLeft") right -= 1;
  else if (key === "ArrowRight") right += 1;
  else if (key === "PageUp") down -= height;
  else if (key === "PageDown") down += height;
  else if (key === "Home") [down, right] = [ctrlKey ? 0 : down, 0];
  else if (key === "End") [down, right] = [ctrlKey ? rows - 1 : down, columns - 1];
  else return undefined;
  if (down < 0 || down >= rows || right < 0 || right >= columns) return index;
  return indexOf([Math.floor(down / height), Math.floor(right / width), down % height, right % width], shape);
}
