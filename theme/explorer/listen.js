// Mouse, finger and keyboard: what is done to an element, as calls of what it means.

// Cells: `look(index)` chooses one, `edit(key)` goes to its field, `point(index)` is a mouse over it, `at()` the chosen.
// `view.shape` and `view.cells` may become others.
function listenToCells(view, { look, edit, point, at }) {
  for (const side of ["left", "right"]) {
    const grid = view.find(`[data-grid=${side}]`), editable = side === "left";
    const indexOf = (target) => {
      const cell = target.closest("[role=gridcell]");
      return cell ? Number(cell.dataset.index) : undefined;
    };
    grid.addEventListener("click", ({ target }) => {
      const index = indexOf(target);
      if (index === undefined) return;
      look(index);
      view.cells[side][index].focus();
    });
    grid.addEventListener("dblclick", ({ target }) => { if (editable && indexOf(target) !== undefined) edit(); });
    grid.addEventListener("pointerover", ({ target, pointerType }) => {
      if (pointerType === "mouse") point(indexOf(target));
    });
    grid.addEventListener("pointerleave", () => point(undefined));
    grid.addEventListener("keydown", (event) => {
      const moved = movedBy(event, at(), view.shape), plain = !(event.ctrlKey || event.metaKey || event.altKey);
      if (moved !== undefined && (plain || event.ctrlKey)) {
        if (moved !== at()) look(moved);
        view.cells[side][moved].focus();
      } else if (editable && plain && ["Enter", "F2"].includes(event.key)) edit();
      else if (editable && plain && /^[\d−-]$/.test(event.key)) edit(event.key);
      else return;
      event.preventDefault();
    });
  }
}

// Fields: `value(field)` is the number in it, `set(field, value)` a new one, `leave(field)` Enter or Escape.
function listenToFields({ root, find }, { value, set, leave }) {
  const wrong = find("#explorer-wrong");
  const mend = (field) => {
    setField(field, value(field));
    wrong.textContent = "";
  };
  const before = new Map(); // what stood in a field when it was entered
  root.addEventListener("focusin", ({ target }) => { if (target.type === "text") before.set(target, value(target)); });
  root.addEventListener("focusout", ({ target }) => { if (target.type === "text") mend(target); });
  root.addEventListener("input", ({ target: field }) => {
    if (field.type !== "text") return;
    const typed = typedRational(field.value);
    field.toggleAttribute("aria-invalid", false);
    if (typed === undefined) field.setAttribute("aria-invalid", "true");
    wrong.textContent = typed === undefined ? "Type a number such as 3, −0.5 or 7/3." : "";
    if (typed !== undefined && !typed.equals(value(field))) set(field, typed);
  });
  const changeBy = (field, steps) => {
    set(field, value(field).plus(new Rational(BigInt(steps))));
    mend(field);
  };
  root.addEventListener("keydown", (event) => {
    const field = event.target;
    if (field.type !== "text") return;
    if (event.key === "Escape" && !before.get(field).equals(value(field))) set(field, before.get(field));
    if (["Enter", "Escape"].includes(event.key)) {
      mend(field);
      leave(field);
    } else if (["ArrowUp", "ArrowDown"].includes(event.key)) changeBy(field, event.key === "ArrowUp" ? 1 : -1);
    else return;
    event.preventDefault(); // Enter would send the form
  });
  root.addEventListener("click", ({ target }) => {
    if (target.dataset?.change) changeBy(find("#explorer-value"), Number(target.dataset.change));
  });
  find("#explorer-slider").addEventListener("input", ({ target }) => set(find("#explorer-value"), typedRational(target.value)));
}

// Radio buttons, lists, and buttons, by the name of their data attribute.
function listenToChoices({ root, find }, meanings) {
  root.addEventListener("change", ({ target }) => {
    if (target.type === "radio" || target.tagName === "SELECT") meanings.choose(target.name, target.value);
  });
  root.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (!button || button.getAttribute("aria-disabled") === "true") return;
    for (const name of ["preset", "feed", "step"]) if (button.dataset[name]) meanings[name](button.dataset[name]);
    if (button.dataset.do) meanings[button.dataset.do]();
  });
  find("form").addEventListener("submit", (event) => event.preventDefault());
}
