// The drawing pad: with pointers (mouse, finger, pen) or with keys. Its strokes are lists of points in parts of its edge.

const STEPS = 28; // of the keyboard's cursor, along an edge

// `changed(strokes, isWhole)` is called while a stroke is drawn and when it ends; `announce(text)` says where the cursor is.
const makePad = (changed, announce) => {
  const pad = document.querySelector(".networks-pad"), svg = pad.querySelector("svg");
  const cursor = svg.querySelector("circle");
  const strokes = [];
  const lines = [];
  let current; // the stroke that is being drawn
  let at = [STEPS / 2, STEPS / 2]; // of the keyboard's cursor, in steps

  const begin = (point) => {
    current = [point];
    strokes.push(current);
    const line = document.createElementNS(svg.namespaceURI, "polyline");
    lines.push(line);
    svg.insertBefore(line, cursor);
    extend();
  };
  const extend = (...points) => {
    current.push(...points);
    // A line of one point is not drawn: it ends where it begins.
    lines.at(-1).setAttribute("points", [current[0], ...current].map((point) => point.map((part) => 28 * part)).join(" "));
    changed(strokes, false);
  };
  const end = () => {
    if (!current) return;
    current = undefined;
    changed(strokes, true);
  };
  const undo = () => {
    current = undefined;
    strokes.pop();
    lines.pop()?.remove();
    changed(strokes, true);
  };
  const clear = () => {
    while (lines.length) lines.pop().remove();
    strokes.length = 0;
    current = undefined;
  };

  const pointOf = (event) => {
    const box = svg.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };
  pad.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !event.isPrimary) return;
    pad.setPointerCapture(event.pointerId);
    begin(pointOf(event));
  });
  pad.addEventListener("pointermove", (event) => {
    if (!current || !event.isPrimary || !pad.hasPointerCapture(event.pointerId)) return;
    const passed = event.getCoalescedEvents?.() ?? [];
    extend(...(passed.length ? passed : [event]).map(pointOf));
  });
  ["pointerup", "pointercancel"].forEach((kind) => pad.addEventListener(kind, (event) => event.isPrimary && end()));

  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const diagonals = { Home: [-1, -1], PageUp: [1, -1], End: [-1, 1], PageDown: [1, 1] };
  const place = () => at.map((step) => step / STEPS);
  const move = ([right, down]) => {
    at = [at[0] + right, at[1] + down].map((step) => Math.min(STEPS, Math.max(0, step)));
    ["cx", "cy"].forEach((name, axis) => cursor.setAttribute(name, (28 * at[axis]) / STEPS));
    if (current) extend(place());
    announce(`${current ? "drawing" : "pen up"}, column ${at[0]}, row ${at[1]}`);
  };
  const lower = () => {
    begin(place());
    announce(`pen down, column ${at[0]}, row ${at[1]}`);
  };
  pad.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const step = moves[event.key] ?? diagonals[event.key];
    if (step) move(step.map((part) => part * (event.shiftKey ? 3 : 1)));
    else if (event.key === " ") current ? end() : lower();
    else if (event.key === "Backspace") undo();
    else return;
    event.preventDefault();
  });
  pad.addEventListener("blur", end);
  document.querySelector(".networks-undo").addEventListener("click", undo);
  document.querySelector(".networks-clear").addEventListener("click", () => {
    clear();
    changed(strokes, true);
  });
  return { clear };
};
