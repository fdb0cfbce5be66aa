// What each network says of the image: a table of the probabilities of all classes, with bars.

const answerOf = (probabilities, classes) => {
  const best = largestOf(probabilities);
  return `${classes[best]} (${percent(probabilities[best])})`;
};

// Returns `show(answers)`, by network the probabilities of the classes.
const makeAnswers = (root, data) => {
  const table = root.querySelector(".networks-answers");
  const heads = data.networks.map(({ name }) => element("th", { scope: "col" }, element("span", {}, name), element("b")));
  const rows = data.classes.map((name) => {
    const cells = data.networks.map(({ colour }) =>
      element("td", { style: `--own: ${colour}` }, element("span"), element("i", { "aria-hidden": "true" })));
    return { row: element("tr", {}, element("th", { scope: "row" }, name), ...cells), cells };
  });
  table.append(
    element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "class"), ...heads)),
    element("tbody", {}, ...rows.map(({ row }) => row)),
  );
  return (answers) => answers.forEach((probabilities, network) => {
    const best = largestOf(probabilities);
    heads[network].lastChild.textContent = `says ${data.classes[best]}`;
    rows.forEach(({ cells }, at) => {
      const cell = cells[network];
      cell.dataset.probability = probabilities[at].toFixed(6);
      cell.classList.toggle("networks-best", at === best);
      cell.firstChild.textContent = percent(probabilities[at]);
      cell.lastChild.style.width = `${100 * probabilities[at]}%`;
    });
  });
};
