// The batch that the reader fills: a box to tick for each image that can be in it with the one in question.

// `changed()` is called when another choice is made. `images()` are those that are ticked.
const makeNeighbours = (data, changed) => {
  const pool = document.querySelector(".networks-pool");
  const members = [];
  const add = (image, name) => {
    const input = element("input", { type: "checkbox", "aria-label": name, title: name, autocomplete: "off" });
    input.tabIndex = members.length ? -1 : 0; // one stop of the Tab key; arrow keys go on from there
    members.push({ image, input });
    pool.append(element("label", { class: "networks-thumb" }, input, imagePicture(image, data.edge)));
    return input;
  };
  const goTo = (input) => {
    members.forEach((member) => { member.input.tabIndex = member.input === input ? 0 : -1; });
    input.focus();
  };
  const columns = () => {
    const tops = members.map(({ input }) => input.getBoundingClientRect().top);
    return tops.filter((top) => top === tops[0]).length;
  };
  pool.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns(), ArrowUp: -columns() }[event.key];
    const next = members[members.findIndex(({ input }) => input === document.activeElement) + step];
    if (!step) return;
    event.preventDefault();
    if (next) goTo(next.input);
  });
  pool.addEventListener("change", changed);
  const choose = (wanted) => {
    members.forEach(({ input }, at) => { input.checked = wanted.includes(at); });
    changed();
  };
  data.examples.forEach((example) => add(example.image, example.name));
  return {
    images: () => members.filter(({ input }) => input.checked).map(({ image }) => image),
    all: () => members.map(({ image }) => image),
    choose,
    addDrawing: (image) => {
      add(image, "your drawing").checked = true;
      changed();
    },
  };
};

// `count` different whole numbers below `below`.
const someOf = (below, count) => {
  const left = Array.from({ length: below }, (_, at) => at);
  return Array.from({ length: Math.min(count, below) }, () => left.splice(Math.floor(Math.random() * left.length), 1)[0]);
};
