// A search for neighbours among which a network gives another answer than at test time.

const MOST_NEIGHBOURS = 7;

// Greedy: of all other images the neighbour that lowers the probability of the answer most, then a further one. The places
// of the neighbours in `pool`, none where the answer is another one already without them; undefined where none are found,
// or when `isStopped()` says so. It pauses now and then, so that the page stays alive.
const neighboursThatChange = async (network, image, pool, input, isStopped) => {
  const answer = largestOf(ask(network, [image], input).probabilities[0]);
  if (largestOf(ask(network, [image], input, true).probabilities[0]) !== answer) return [];
  const chosen = [];
  while (chosen.length < Math.min(MOST_NEIGHBOURS, pool.length)) {
    let best;
    for (let at = 0; at < pool.length; at++) {
      if (chosen.includes(at) || pool[at] === image) continue;
      const batch = [image, ...chosen.map((place) => pool[place]), pool[at]];
      const probabilities = ask(network, batch, input, true).probabilities[0];
      if (largestOf(probabilities) !== answer) return [...chosen, at];
      if (!best || probabilities[answer] < best.probability) best = { at, probability: probabilities[answer] };
      if (at % 8 === 7) await new Promise((done) => setTimeout(done));
      if (isStopped()) return undefined;
    }
    if (!best) return undefined;
    chosen.push(best.at);
  }
  return undefined;
};
