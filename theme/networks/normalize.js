// Normalization, y = γ (x - μ) / sqrt(σ² + ε) + β. One definition: the methods differ in which values form a set, and
// share μ and σ².

// How many sets the values of `shape` form, and which of them a value belongs to.
const setsOf = (layer, [images, channels, height, width]) => {
  const positions = height * width;
  const groups = layer.groups ?? 1, within = channels / groups;
  // So many images share BN's statistics, and take turns among the sub-batches; what is left over is one of its own.
  const together = Math.min(layer.statistics_batch ?? images, images), batches = Math.floor(images / together);
  const batchOf = (n) => (n < batches * together ? n % batches : batches);
  return {
    bn: { count: Math.ceil(images / together) * channels, of: (n, c) => batchOf(n) * channels + c },
    ln: { count: images, of: (n) => n },
    gn: { count: images * groups, of: (n, c) => n * groups + Math.floor(c / within) },
    in: { count: images * channels, of: (n, c) => n * channels + c },
    ln2d: { count: images * positions, of: (n, c, p) => n * positions + p },
  }[layer.norm];
};

// Calls visit(index, image, channel, position) for every value of a tensor of `shape`.
const everyValue = ([images, channels, height, width], visit) => {
  let index = 0;
  for (let n = 0; n < images; n++) {
    for (let c = 0; c < channels; c++) {
      for (let p = 0; p < height * width; p++) visit(index++, n, c, p);
    }
  }
};

// { mean, variance, count }, each by set: from the values themselves.
const statisticsOf = (x, sets) => {
  const mean = new Float64Array(sets.count), variance = new Float64Array(sets.count), count = new Float64Array(sets.count);
  everyValue(x.shape, (index, n, c, p) => {
    mean[sets.of(n, c, p)] += x.data[index];
    count[sets.of(n, c, p)] += 1;
  });
  mean.forEach((sum, set) => { mean[set] = sum / count[set]; });
  everyValue(x.shape, (index, n, c, p) => {
    variance[sets.of(n, c, p)] += (x.data[index] - mean[sets.of(n, c, p)]) ** 2;
  });
  variance.forEach((sum, set) => { variance[set] = sum / count[set]; });
  return { mean, variance, count };
};

// The normalized `x`, with the sets and their statistics; of `none` x as it is, without any. Only BN knows the mode:
// unless in `training`, it takes its running averages.
const normalize = (x, layer, training) => {
  if (layer.norm === "none") return { y: x };
  const isRunning = layer.norm === "bn" && !training;
  const sets = isRunning ? { of: (n, c) => c } : setsOf(layer, x.shape);
  const statistics = isRunning ? { mean: layer.running_mean, variance: layer.running_var } : statisticsOf(x, sets);
  const y = tensor(x.shape);
  everyValue(x.shape, (index, n, c, p) => {
    const set = sets.of(n, c, p);
    const normalized = (x.data[index] - statistics.mean[set]) / Math.sqrt(statistics.variance[set] + layer.eps);
    y.data[index] = layer.weight[c] * normalized + layer.bias[c];
  });
  return { y, sets, statistics, isRunning };
};
