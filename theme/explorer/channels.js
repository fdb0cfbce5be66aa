// What there is per channel: γ and β in fields, their gradients, and what BN keeps.

// A pair of fields per channel; the rows below them are drawn.
function buildChannels(table, channels) {
  const numbers = Array.from({ length: channels }, (_, channel) => channel);
  table.tBodies[0].replaceChildren();
  table.tHead.replaceChildren(make("tr", {}, make("td"), ...numbers.map((at) => make("th", { scope: "col" }, `${at + 1}`))));
  for (const [list, sign] of [["gamma", "γ"], ["beta", "β"]]) {
    const fields = numbers.map((at) => make("td", {}, make("input", {
      type: "text", "data-list": list, "data-channel": at, "aria-label": `${sign} of channel ${at + 1}`,
      enterkeyhint: "done", spellcheck: "false", "aria-describedby": "explorer-wrong",
    })));
    table.tBodies[0].append(make("tr", {}, make("th", { scope: "row" }, sign), ...fields));
  }
}

function drawChannels({ find, shape }, state, method, all) {
  const table = find("[data-table=channels] table");
  for (const field of table.querySelectorAll("input")) {
    if (document.activeElement !== field) setField(field, state[field.dataset.list][field.dataset.channel]);
  }
  const rows = [];
  if (SHOWN[state.shows].backward) {
    rows.push(["∂L/∂γ", "dgamma", all.dgamma], ["∂L/∂β", "dbeta", all.dbeta.map(Exact.of)]);
  }
  if (method.keeps) {
    const batch = forward({ ...state, time: "train" }, method, shape).sets, { running } = state;
    rows.push(
      ["μ of this batch", "batch-mean", batch.map(({ mean }) => Exact.of(mean))],
      ["running mean", "running-mean", running.mean.map(Exact.of)],
      ["unbiased σ²", "batch-variance", batch.map((set) => unbiased(set) && Exact.of(unbiased(set)))],
      ["running σ²", "running-variance", running.variance.map(Exact.of)]);
  }
  const channels = Array.from({ length: shape[1] }, (_, channel) => channel);
  table.tBodies[1].replaceChildren(...rows.map(([name, of, values]) => make("tr", {}, make("th", { scope: "row" }, name),
    ...channels.map((at) => make("td", {}, numberElement(values[at], of, shortText))))));
}

function drawFed({ find, root, shape }, state, method, { sets }) {
  const { running, fed } = state, refused = sets[0].members.length === 1;
  find(".explorer-fed").textContent = refused ? "One value per channel: torch.nn refuses to train BN on it."
    : `${counted(running.batches, "batch", "batches")} fed.`;
  for (const button of root.querySelectorAll("[data-feed]")) {
    button.setAttribute("aria-disabled", String(refused && button.dataset.feed !== "forget"));
  }
  find(".explorer-history").replaceChildren(...(method.keeps && fed.length
    ? runningPicture(fed, positionOf(state.at, shape)[1], running.batches - fed.length) : []));
}
