// The explorer: what the reader does changes the state, and the state is drawn.

function explore(root) {
  const data = JSON.parse(root.nextElementSibling.textContent);
  const view = buildView(root, data), { find } = view, status = find(".explorer-status");
  let state = startState(data), drawing, writing;

  // `words`: what is announced to those who do not see it; made of what was drawn, and of the numbers before.
  const show = (changes, words) => {
    const before = drawing && numbersOf(state, drawing.method, drawing);
    state = { ...state, ...changes };
    drawing = draw(view, state);
    if (words) status.textContent = words(drawing, before);
  };
  // The address follows what is shown, but not at every key: browsers refuse too many changes.
  const change = (changes, words) => {
    show(changes, words);
    clearTimeout(writing);
    writing = setTimeout(() => history.replaceState(history.state, "", `#${linkOf(state, data)}`), 300);
  };
  const numbers = (now, before) => changesInWords(before, numbersOf(state, now.method, now));
  const captionNow = () => find(".explorer-caption").textContent;
  const announced = {
    method: (now, before) => `${setsInWords(now.method, now)} ${numbers(now, before)}`,
    shows: () => `${find(".explorer-now").textContent}. ${captionNow()}`,
    time: (now, before) => `${captionNow()} ${numbers(now, before)}`,
    eps: numbers,
  };
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
    point: (index) => drawCaption(view, state, drawing.method, drawing, index ?? state.at),
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
      if (name.startsWith("shape")) {
        change(reshaped(state, withAt(state.shape, Number(name.at(-1)), Number(value)), data), announced.method);
      } else if (name in ONE_OF) change({ [name]: ONE_OF[name][value] }, announced[name]);
      else change({ [name]: value, step: Math.min(state.step, 1) }, announced[name]);
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
      const { shape } = state, { sets } = forward({ ...state, time: "train" }, drawing.method, shape);
      if (how === "forget") state = { ...state, running: untouched(shape[1]), fed: [] };
      const changes = fedTimes(state, sets, { 1: 1, 10: 10, new: 1 }[how] ?? 0), { running } = changes;
      const channel = positionOf(state.at, shape)[1];
      change(changes, () => `After ${counted(running.batches, "batch", "batches")}, channel ${channel + 1}: ${
        numbersInWords([["running mean", Exact.of(running.mean[channel])],
          ["running variance", Exact.of(running.variance[channel])]])}`);
    },
    step: (how) => {
      const count = stepsOf(state, drawing.method, drawing).length, now = state.step || count;
      const step = { first: 1, back: Math.max(1, now - 1), next: Math.min(count, now + 1), all: 0 }[how];
      const parts = () => [...find(".explorer-steps li:last-child").children].slice(0, 2); // without the code
      change({ step }, () => parts().map(({ textContent }) => textContent).join(": "));
    },
    copy: async () => {
      const link = `${location.href.split("#")[0]}#${linkOf(state, data)}`;
      try {
        await navigator.clipboard.writeText(link);
        status.textContent = "The link is copied.";
      } catch { // a browser may not allow it
        location.replace(link);
        status.textContent = "The link stands in the address bar.";
      }
    },
    plain: () => change({ gamma: state.gamma.map(() => Rational.ONE), beta: state.beta.map(() => Rational.ZERO) }, numbers),
    restart: () => change(startState(data), (now) => `As at the start. ${setsInWords(now.method, now)}`),
  });

  const followLink = () => {
    const linked = stateOf(location.hash.slice(1), data);
    if (!linked) return undefined;
    show(linked, (now) => setsInWords(now.method, now));
    const usual = startState(data), named = ["eps", "momentum", "colours"];
    const isUsual = (name) => linkOf({ ...usual, [name]: linked[name] }, data) === LINK_BEGINS;
    find(".explorer-more").open ||= String(linked.shape) !== String(data.shape) || !named.every(isUsual);
    return linked;
  };
  // Elsewhere in the page, behind it: what sets it to a state, and leads there.
  const questions = () => [...document.querySelectorAll("[data-explorer]")];
  addEventListener("hashchange", () => {
    const question = questions()[history.state?.question], isLink = followLink();
    if (question) question.focus();
    else if (isLink) root.scrollIntoView();
  });
  addEventListener("click", ({ target }) => {
    if (!target.dataset?.explorer) return;
    history.replaceState({ question: questions().indexOf(target) }, ""); // so that one comes back to it
    history.pushState(null, "", `#${target.dataset.explorer}`);
    followLink();
    root.scrollIntoView();
    view.cells.left[state.at].focus();
  });
  addEventListener("DOMContentLoaded", () =>
    questions().forEach((each) => { each.hidden = false; }));
  document.querySelector(".explorer-without").hidden = true;
  root.hidden = false;
  show({});
  if (followLink()) root.scrollIntoView();
}

const randomNumber = (low, high) => new Rational(BigInt(low + Math.floor(Math.random() * (high - low + 1))));

document.querySelectorAll(".explorer").forEach(explore);
