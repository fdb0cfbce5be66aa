// BN's running statistics, as PyTorch moves them: (1 − momentum) · old + momentum · new, with the unbiased variance.

const KEPT_PLACES = 30; // decimals that are kept: exact for as many batches as one feeds by hand

// The running statistics after a batch whose sets, one per channel, are `sets` (as measured in training).
function fed(running, sets, momentum) {
  const keep = Rational.ONE.minus(momentum);
  const moved = (old, fresh) => keep.times(old).plus(momentum.times(fresh)).shortened(KEPT_PLACES);
  return {
    mean: sets.map((set, channel) => moved(running.mean[channel], set.mean)),
    variance: sets.map((set, channel) => moved(running.variance[channel], unbiased(set))),
    batches: running.batches + 1,
  };
}

// Undefined for a set of one value: torch.nn refuses to train BN on such a batch.
const unbiased = ({ squares, members }) =>
  members.length > 1 ? squares.over(new Rational(BigInt(members.length - 1))) : undefined;

// The same after `count` times the same batch; `fed`: what each did to the numbers, as doubles, of the last ones.
function fedTimes(state, sets, count) {
  let { running, fed: told } = state;
  for (let left = count; left > 0; left--) {
    running = fed(running, sets, state.momentum);
    const numbers = (values) => values.map((value) => value.number());
    told = [...told, {
      batch: { mean: numbers(sets.map(({ mean }) => mean)), variance: numbers(sets.map(unbiased)) },
      running: { mean: numbers(running.mean), variance: numbers(running.variance) },
    }].slice(-MOST_TOLD);
  }
  return { running, fed: told };
}

const MOST_TOLD = 40;

const untouched = (channels) => ({
  mean: Array(channels).fill(Rational.ZERO),
  variance: Array(channels).fill(Rational.ONE),
  batches: 0,
});
