// A trained network, from the description that normstudy.runs.network_description makes of it.

const numbersOf = (base64) => {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 4 }, (_, at) => view.getFloat32(4 * at, true));
};

// A network: its `layers`, each with its tensors in the place of where these are found among all weights.
const makeNetwork = (description) => {
  const weights = numbersOf(description.weights);
  const tensors = ["weight", "bias", "running_mean", "running_var"];
  const layers = description.layers.map((layer) => {
    const own = tensors.filter((name) => layer[name]).map((name) => [name, weights.subarray(...layer[name])]);
    return { ...layer, ...Object.fromEntries(own) };
  });
  return { ...description, layers, weights };
};

// Images (bytes, row by row) as the network was trained to see them: of mean 0 and variance 1 over the training set.
const standardised = (images, { edge, mean, std }) => {
  const x = tensor([images.length, 1, edge, edge]);
  images.forEach((image, n) => image.forEach((byte, at) => { x.data[n * edge * edge + at] = (byte / 255 - mean) / std; }));
  return x;
};

// What `network` makes of images: by image the `scores` and `probabilities` of the classes; and by normalization its
// layer, the activations `before` and `after` it, and what it took for μ and σ².
const ask = (network, images, input, training = false) => {
  let x = standardised(images, input);
  const seen = [];
  for (const layer of network.layers) {
    if (layer.kind === "convolution") x = convolve(x, layer);
    else if (layer.kind === "relu") x = relu(x);
    else if (layer.kind === "pool") x = pool(x, layer);
    else if (layer.kind === "mean") x = meanOverPositions(x);
    else if (layer.kind === "linear") x = linear(x, layer);
    else {
      const { y, ...found } = normalize(x, layer, training);
      seen.push({ layer, before: x, after: y, ...found });
      x = y;
    }
  }
  const classes = x.shape[1];
  const scores = images.map((_, n) => [...x.data.subarray(n * classes, (n + 1) * classes)]);
  return { scores, probabilities: scores.map(softmax), seen };
};

const largestOf = (values) => values.reduce((best, value, at) => (value > values[best] ? at : best), 0);
