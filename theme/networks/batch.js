// Training mode: the answers to the image within the batch that the reader fills, compared with those at test time.

// How far an answer moved: not at all, by so many percentage points, or to another class.
const movedBy = (before, now) => {
  if (largestOf(before) !== largestOf(now)) return "another class";
  const most = Math.max(...before.map((probability, at) => Math.abs(probability - now[at])));
  if (most === 0) return "unchanged";
  return most < 0.0005 ? "by less than 0.1 points" : `by ${(100 * most).toFixed(1)} points`;
};

// Returns `show(before, now, size, isAnnounced)`: by network, probabilities at test time and in the batch of `size` images.
const makeBatch = (place, data, announce) => {
  const head = element("b");
  const rows = data.networks.map(({ name }) =>
    element("tr", {}, element("th", { scope: "row" }, name), element("td"), element("td"), element("td")));
  const table = tableWith("What each network answers, and how far any probability changes.", ["network", "at test time", head, "change"]);
  table.append(element("tbody", {}, ...rows));
  place.append(table);
  return (before, now, size, isAnnounced) => {
    head.textContent = size === 1 ? "in a batch of its own" : `with ${counted(size - 1, "neighbour")}`;
    const moved = before.map((probabilities, network) => movedBy(probabilities, now[network]));
    rows.forEach((row, network) => {
      const texts = [answerOf(before[network], data.classes), answerOf(now[network], data.classes), moved[network]];
      texts.forEach((text, at) => { row.children[at + 1].textContent = text; });
      row.children[2].dataset.probabilities = now[network].map((probability) => probability.toFixed(6)).join(" ");
      row.classList.toggle("networks-changed", moved[network] === "another class");
    });
    if (isAnnounced) {
      announce(`In a batch of ${counted(size, "image")}: ${data.networks.map(({ name }, network) =>
        `${name} says ${answerOf(now[network], data.classes)}, ${moved[network]}`).join("; ")}.`);
    }
  };
};
