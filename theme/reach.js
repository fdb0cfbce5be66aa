// What scrolls can be reached with the keyboard, and only that: a box that fits is no stop on the way.
const boxes = document.querySelectorAll(
  ".scroll, .box, pre, div.sourceCode, math[display=block], .quarto-float figure > div, .quarto-figure, .cell-output"
);
const reach = (box) => {
  const { overflowX, overflowY } = getComputedStyle(box);
  const scrolls =
    (box.scrollWidth > box.clientWidth && /auto|scroll/.test(overflowX)) ||
    (box.scrollHeight > box.clientHeight && /auto|scroll/.test(overflowY));
  if (scrolls) box.setAttribute("tabindex", "0");
  else if (box.getAttribute("tabindex") === "0") box.removeAttribute("tabindex");
};
const watch = new ResizeObserver((entries) => entries.forEach((entry) => reach(entry.target)));
boxes.forEach((box) => { reach(box); watch.observe(box); });
// Another style, or pictures that have come, change what is in a box but not the box.
for (const change of ["load", "resize"]) addEventListener(change, () => boxes.forEach(reach));
