// Arithmetic on tensors { shape: [images, channels, height, width], data: Float32Array }. Sums are in double precision.

const volume = (shape) => shape.reduce((product, length) => product * length, 1);

const tensor = (shape, data = new Float32Array(volume(shape))) => ({ shape, data });

// As torch's Conv2d: `weight` has the shape [channels, inputs, kernel, kernel].
const convolve = (x, { channels, kernel, stride, padding, weight, bias }) => {
  const [images, inputs, height, width] = x.shape;
  const along = (length) => Math.floor((length + 2 * padding - kernel) / stride) + 1;
  const rows = along(height), columns = along(width);
  const y = tensor([images, channels, rows, columns]);
  const sums = new Float64Array(rows * columns);
  for (let image = 0; image < images; image++) {
    for (let channel = 0; channel < channels; channel++) {
      sums.fill(bias ? bias[channel] : 0);
      for (let input = 0; input < inputs; input++) {
        const from = (image * inputs + input) * height * width;
        for (let tap = 0; tap < kernel * kernel; tap++) {
          const factor = weight[(channel * inputs + input) * kernel * kernel + tap];
          const down = Math.floor(tap / kernel) - padding, right = (tap % kernel) - padding;
          for (let row = 0; row < rows; row++) {
            const above = row * stride + down;
            if (above < 0 || above >= height) continue;
            for (let column = 0; column < columns; column++) {
              const left = column * stride + right;
              if (left >= 0 && left < width) sums[row * columns + column] += factor * x.data[from + above * width + left];
            }
          }
        }
      }
      y.data.set(sums, (image * channels + channel) * rows * columns);
    }
  }
  return y;
};

const relu = (x) => tensor(x.shape, x.data.map((value) => Math.max(value, 0)));

// The largest of each `size` x `size` positions; a rest at the edge is left out.
const pool = (x, { size }) => {
  const [images, channels, height, width] = x.shape;
  const rows = Math.floor(height / size), columns = Math.floor(width / size);
  const y = tensor([images, channels, rows, columns]);
  for (let at = 0; at < y.data.length; at++) {
    const column = at % columns, row = Math.floor(at / columns) % rows, plane = Math.floor(at / (rows * columns));
    let largest = -Infinity;
    for (let tap = 0; tap < size * size; tap++) {
      const place = (row * size + Math.floor(tap / size)) * width + column * size + (tap % size);
      largest = Math.max(largest, x.data[plane * height * width + place]);
    }
    y.data[at] = largest;
  }
  return y;
};

// The mean over positions: [images, channels, 1, 1].
const meanOverPositions = (x) => {
  const [images, channels, height, width] = x.shape;
  const y = tensor([images, channels, 1, 1]), positions = height * width;
  for (let plane = 0; plane < images * channels; plane++) {
    let sum = 0;
    for (let at = 0; at < positions; at++) sum += x.data[plane * positions + at];
    y.data[plane] = sum / positions;
  }
  return y;
};

// As torch's Linear, of [images, inputs, 1, 1].
const linear = (x, { outputs, weight, bias }) => {
  const [images, inputs] = x.shape;
  const y = tensor([images, outputs, 1, 1]);
  for (let at = 0; at < y.data.length; at++) {
    const image = Math.floor(at / outputs), output = at % outputs;
    let sum = bias ? bias[output] : 0;
    for (let input = 0; input < inputs; input++) sum += weight[output * inputs + input] * x.data[image * inputs + input];
    y.data[at] = sum;
  }
  return y;
};

const softmax = (scores) => {
  const largest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
};
