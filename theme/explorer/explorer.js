// The explorer: what the reader does changes the state, and the state is drawn.

function explore(root) {
  const data = JSON.parse(root.nextElementSibling.textContent);
  const { shape, methods } = data, start = startState(data), momentum = typedRational(data.momentum);
  const view = buildView(root, data), { find } = view, status = find(".explorer-status");
  let state = start, drawn, writing;

  // `words`: what is announced to those who do not see it; made of what was drawn.
  const show = (changes, words) => {
    state = { ...state, ...changes };
    drawn = draw(view, state);
    if (words) status.textContent = words(drawn);
  };
  // The address follows what is shown, but not at every key: browsers refuse too many changes.
  const change = (changes, words) => {
    show(changes, words);
    clearTimeout(writing);
    writing = setTimeout(() => history.replaceState(history.state, "", `#${linkOf(state, start)}`), 300);
  };
  const numbers = () => numbersInWords(numbersOf(state, drawn, shape));
  const look = (index) => change({ at: index, step: Math.min(state.step, 1) });

  listenToCells(view, {
    look,
    edit: (key) => {
      const field = find("#explorer-value");
      field.focus();
      field.select();
      if (key) field.setRangeText(key, 0, field.value.length, "end");
      if (key) field.dispatchEvent(new Event("input", { bubbles: true }));
    },
    point: (index) => drawCaption(view, state, drawn.method, drawn, index ?? state.at),
    at: () => state.at,
  });
  listenToFields(view, {
    value: (field) => (field.id ? state[editedList(state)][state.at] : state[field.dataset.list][field.dataset.channel]),
    set: (field, value) => {
      const [list, index] = field.id ? [editedList(state), state.at] : [field.dataset.list, Number(field.dataset.channel)];
      change({ [list]: withAt(state[list], index, value) }, numbers);
    },
    leave: (field) => { if (field.id) view.cells.left[state.at].focus(); },
  });
  listenToChoices(view, {
    choose: (name, value) => {
      if (name === "eps") change({ eps: EPSILONS[value] }, numbers);
      else change({ [name]: value, step: Math.min(state.step, 1) }, () =>
        name === "method" ? `${setsInWords(drawn.method, drawn)} ${numbers()}` : numbers());
    },
    preset: (name) => {
      const list = editedList(state), [low, high] = list === "x" ? [0, 12] : [-2, 2];
      const makers = {
        random: () => randomNumber(low, high),
        ones: () => Rational.ONE,
        one: (_, index) => (index === state.at ? Rational.ONE : Rational.ZERO),
      };
      change({ [list]: state[list].map(makers[name]) }, numbers);
    },
    feed: (how) => {
      if (how === "new") state = { ...state, x: state.x.map(() => randomNumber(0, 12)) };
      const { sets } = forward({ ...state, time: "train" }, drawn.method, shape);
      let running = how === "forget" ? untouched(shape[1]) : state.running;
      for (let left = { 1: 1, 10: 10, new: 1 }[how] ?? 0; left > 0; left--) running = fed(running, sets, momentum);
      const channel = positionOf(state.at, shape)[1];
      change({ running, x: state.x }, () => `After ${counted(running.batches, "batch", "batches")}, channel ${channel + 1}: ${
        numbersInWords([["running mean", Exact.of(running.mean[channel])],
          ["running variance", Exact.of(running.variance[channel])]])}`);
    },
    step: (how) => {
      const count = stepsOf(state, drawn.method, drawn, shape).length, now = state.step || count;
      const step = { first: 1, back: Math.max(1, now - 1), next: Math.min(count, now + 1), all: 0 }[how];
      change({ step }, () => find(".explorer-steps li:last-child").textContent);
    },
    copy: async () => {
      const link = `${location.href.split("#")[0]}#${linkOf(state, start)}`;
      try {
        await navigator.clipboard.writeText(link);
        status.textContent = "The link is copied.";
      } catch { // a browser may not allow it
        location.replace(link);
        status.textContent = "The link stands in the address bar.";
      }
    },
    restart: () => change(start, (now) => `As at the start. ${setsInWords(now.method, now)}`),
  });

  const followLink = () => {
    const linked = stateOf(location.hash.slice(1), start, methods);
    if (linked) show(linked, (now) => setsInWords(now.method, now));
    return linked;
  };
  addEventListener("hashchange", () => { if (followLink()) root.scrollIntoView(); });
  root.previousElementSibling.hidden = true; // what stands there for those without scripts
  root.hidden = false;
  show({});
  if (followLink()) root.scrollIntoView();
}

const randomNumber = (low, high) => new Rational(BigInt(low + Math.floor(Math.random() * (high - low + 1))));

document.querySelectorAll(".explorer").forEach(explore);
