// What each network answers: a table of the probabilities of all classes, with bars.

const answerOf = (probabilities, classes) => {
  const best = largestOf(probabilities);
  return `${classes[best]} (${percent(probabilities[best])})`;
};

// Returns `show(answers)`, by network the probabilities of the classes.
const makeAnswers = (place, data) => {
  const heads = data.networks.map(({ name }) => [element("span", {}, name), element("b")]);
  const rows = data.classes.map((name) => {
    const cells = data.networks.map(({ norm }) =>
      element("td", { "data-norm": norm }, element("span"), element("i", { "aria-hidden": "true" })));
    return { row: element("tr", {}, element("th", { scope: "row" }, name), ...cells), cells };
  });
  const table = tableWith("The probability that each network gives to every class, at test time.", ["class", ...heads]);
  table.append(element("tbody", {}, ...rows.map(({ row }) => row)));
  place.append(table);
  return (answers) => answers.forEach((probabilities, network) => {
    const best = largestOf(probabilities);
    heads[network][1].textContent = `says ${data.classes[best]}`;
    rows.forEach(({ cells }, at) => {
      const cell = cells[network];
      cell.dataset.probability = probabilities[at].toFixed(6);
      cell.classList.toggle("networks-best", at === best);
      cell.firstChild.textContent = percent(probabilities[at]);
      cell.lastChild.style.width = `${100 * probabilities[at]}%`;
    });
  });
};
