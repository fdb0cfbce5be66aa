// What scrolls can be reached with the keyboard, and only that: a box that fits is no stop on the way. Where there is
// more to the right, the edge fades (class `more`).
const boxes = document.querySelectorAll(
  ".scroll, pre, div.sourceCode, math[display=block], .light-content, .dark-content, .cell-output"
);
const reach = (box) => {
  const { overflowX, overflowY } = getComputedStyle(box);
  const sideways = box.scrollWidth > box.clientWidth && /auto|scroll/.test(overflowX);
  const scrolls = sideways || (box.scrollHeight > box.clientHeight && /auto|scroll/.test(overflowY));
  if (scrolls) box.setAttribute("tabindex", "0");
  else if (box.getAttribute("tabindex") === "0") box.removeAttribute("tabindex");
  box.classList.toggle("more", sideways && box.scrollLeft + box.clientWidth < box.scrollWidth - 1);
};
const watch = new ResizeObserver((entries) => entries.forEach((entry) => reach(entry.target)));
boxes.forEach((box) => {
  reach(box);
  watch.observe(box);
  box.addEventListener("scroll", () => reach(box), { passive: true });
});
// Another style, or pictures that have come, change what is in a box but not the box.
for (const change of ["load", "resize"]) addEventListener(change, () => boxes.forEach(reach));
// What is folded is printed, but for code.
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("main details:not([open], .code-fold, .code)")];
  for (const each of opened) each.open = true;
});
addEventListener("afterprint", () => {
  for (const each of opened) each.open = false;
});
