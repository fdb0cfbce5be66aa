// Small helpers for what is shown: elements, numbers as text.

// An element with attributes and children, which are elements or text.
const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
  made.append(...children);
  return made;
};

// As normstudy.report.core.images.confidence: a probability never rounds up to certainty, nor down to nothing.
const percent = (probability) => {
  const text = probability > 0.999 ? "> 99.9" : probability < 0.001 ? "< 0.1" : (100 * probability).toFixed(1);
  return `${text} %`.replaceAll(" ", "\u00a0");
};

const number = (value) => {
  const text = Math.abs(value) < 5e-4 ? "0" : Math.abs(value) >= 1000 ? value.toFixed(0) : value.toPrecision(3);
  return text.replace("-", "−");
};

const counted = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

// A table with a caption and a head, without rows.
const tableWith = (caption, heads) => element("table", {},
  element("caption", {}, caption),
  element("thead", {}, element("tr", {}, ...heads.map((head) => element("th", { scope: "col" }, ...[head].flat())))));
