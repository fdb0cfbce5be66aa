// Which values share a mean. x (N, C, H, W) is seen as (N, G, K, H, W): G groups of K = C/G channels each.

const AXES = "NGKHW";

// The sets of a method (its `groups`, 0 for one per channel, and `shared` axes): lists of numbers of values, in order.
function sharedSets({ groups, shared }, shape) {
  const size = volume(shape), perGroup = shape[1] / (groups || shape[1]);
  const sets = new Map();
  for (let index = 0; index < size; index++) {
    const [image, channel, row, column] = positionOf(index, shape);
    const place = [image, Math.floor(channel / perGroup), channel % perGroup, row, column];
    const key = place.filter((_, axis) => !shared.includes(AXES[axis])).join();
    if (!sets.has(key)) sets.set(key, []);
    sets.get(key).push(index);
  }
  return [...sets.values()];
}

// A set in words, such as `image 1, channels 3–4`, by the axes that it does not run over.
function setName(members, shape) {
  const places = members.map((index) => positionOf(index, shape));
  return ["image", "channel", "row", "column"].map((axis, at) => {
    const numbers = places.map((place) => place[at] + 1), first = Math.min(...numbers), last = Math.max(...numbers);
    if (first === 1 && last === shape[at]) return "";
    return first === last ? `${axis} ${first}` : `${axis}s ${first}–${last}`;
  }).filter(Boolean).join(", ") || "all values";
}

// A, B, …, Z, AA, AB, …
const letterOf = (number) => (number < 26 ? "" : letterOf(Math.floor(number / 26) - 1)) + String.fromCharCode(65 + (number % 26));
