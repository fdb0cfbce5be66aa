// What is said in words: of a place, of a set, of what a number depends on, and of what has changed.

function placeName(index, shape) {
  const [image, channel, row, column] = positionOf(index, shape).map((number) => number + 1);
  return `image ${image}, channel ${channel}, row ${row}, column ${column}`;
}

// Of the set of the value that is looked at, and of what its number depends on.
function caption(state, method, shape, { sets, setAt, kept }, index) {
  const set = sets[setAt[index]], name = `set ${letterOf(setAt[index])} (${setName(set.members, shape)})`;
  const channel = positionOf(index, shape)[1] + 1;
  const inChannel = `all ${state.x.length / shape[1]} values of channel ${channel}, in all images`;
  if (state.shows === "dgamma") return `∂L/∂γ of channel ${channel} is the sum of ∂L/∂y · x̂ over ${inChannel}.`;
  if (state.shows === "dbeta") return `∂L/∂β of channel ${channel} is the sum of ∂L/∂y over ${inChannel}.`;
  if (state.shows === "dx") {
    return kept
      ? `At test time this ∂L/∂x depends on this value's own ∂L/∂y alone.`
      : `This ∂L/∂x depends on ∂L/∂y of ${set.members.length === 1 ? "the one value" : `all ${set.members.length} values`} of ${name}.`;
  }
  if (kept) return `At test time channel ${channel} has the mean and the variance that BN kept, whatever the batch.`;
  const test = method.keeps ? "" : " The same at test time.", values = counted(set.members.length, "value", "values");
  if (!method.centred) return `One root mean square for the ${values} of ${name}; no mean is subtracted.${test}`;
  return `One mean and one variance for the ${values} of ${name}.${test}`;
}

const counted = (count, one, several) => `${count} ${count === 1 ? one : several}`;

const setsInWords = (method, { sets }) =>
  `${method.name}: ${counted(sets.length, "set", "sets")} of ${counted(sets[0].members.length, "value", "values")}.`;

// Numbers to be read aloud.
const numbersInWords = (entries) => `${entries.map(numberInWords).join(", ")}.`;
const numberInWords = ([name, value]) => `${name} ${value ? fullText(value) : "undefined"}`;

// Of the numbers of the chosen value those that a change has made others: to hear all of them at every key takes long.
const changesInWords = (before, after) => {
  const known = new Set(before.map(numberInWords)), others = after.filter((entry) => !known.has(numberInWords(entry)));
  return others.length ? numbersInWords(others) : "The numbers of the chosen value stay as they are.";
};
