// Parts of a page, made of text alone: nothing that a reader typed or a link holds is read as HTML.

// An element such as make("p", { class: "note" }, "text", child).
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

// The same in a drawing.
function drawn(name, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

// A list to choose from, below its name.
const choiceElement = (label, name, options) => make("label", { class: "explorer-choice" }, label,
  make("select", { name }, ...options.map(([value, text]) => make("option", { value }, text))));

// A number: as text for the reader, with its whole double beside it, and `of` which number it is.
const numberElement = (value, of, text = fullText) =>
  value === undefined
    ? make("span", { class: "explorer-number", "data-of": of }, make("span", { "aria-hidden": "true" }, "–"),
      make("span", { class: "explorer-unseen" }, "undefined"))
    : make("data", { class: "explorer-number", value: value.number(), "data-of": of }, text(value));

// Buttons of which one is chosen: radio buttons with their labels.
function radios(name, options, chosen) {
  return options.map(([value, text]) => {
    const input = make("input", { type: "radio", name, value });
    input.checked = value === chosen;
    return make("label", { class: "explorer-option" }, input, text);
  });
}

// A table in `place`, with a head and two bodies to be filled. It is made here, as Quarto would remake one in the page.
function makeTable(place, ...caption) {
  const table = make("table", { class: "explorer-table" }, ...caption, make("thead"), make("tbody"), make("tbody"));
  place.append(table);
  return table;
}
