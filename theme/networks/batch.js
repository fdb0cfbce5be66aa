// Training mode: the answers to the image within the batch that the reader fills, beside those at test time.

// How far an answer moved: nothing, by so many percentage points, or to another class.
const movedBy = (before, now) => {
  if (largestOf(before) !== largestOf(now)) return "changed its mind";
  const most = Math.max(...before.map((probability, at) => Math.abs(probability - now[at])));
  if (most === 0) return "not moved at all";
  return most < 0.0005 ? "moved by less than 0.1 points" : `moved by ${(100 * most).toFixed(1)} points`;
};

// Returns `show(before, now, size)`: by network, probabilities at test time and in the batch of `size` images.
const makeBatch = (root, data, told) => {
  const table = root.querySelector(".networks-moved");
  const heads = ["network", "at test time", "", ""].map((text) => element("th", { scope: "col" }, text));
  const rows = data.networks.map(({ name }) =>
    element("tr", {}, element("th", { scope: "row" }, name), element("td"), element("td"), element("td")));
  table.append(element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows));
  heads[3].textContent = "its answer";
  return (before, now, size, isAnnounced) => {
    heads[2].textContent = size === 1 ? "in a batch of its own" : `among ${counted(size - 1, "neighbour")}`;
    const moved = before.map((probabilities, network) => movedBy(probabilities, now[network]));
    rows.forEach((row, network) => {
      const texts = [answerOf(before[network], data.classes), answerOf(now[network], data.classes), moved[network]];
      texts.forEach((text, at) => { row.children[at + 1].textContent = text; });
      row.children[2].dataset.probabilities = now[network].map((probability) => probability.toFixed(6)).join(" ");
      row.classList.toggle("networks-changed", moved[network] === "changed its mind");
    });
    if (isAnnounced) {
      told(`In a batch of ${counted(size, "image")}: ${data.networks.map(({ name }, network) =>
        `${name} says ${answerOf(now[network], data.classes)}, ${moved[network]}`).join("; ")}.`);
    }
  };
};
