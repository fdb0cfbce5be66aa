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

const unbiased = ({ squares, members }) => squares.over(new Rational(BigInt(members.length - 1)));

const untouched = (channels) => ({
  mean: Array(channels).fill(Rational.ZERO),
  variance: Array(channels).fill(Rational.ONE),
  batches: 0,
});
