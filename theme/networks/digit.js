// A drawing as an image of the data set. A drawing is a list of strokes, a stroke a list of points [x, y], all in parts
// of the pad's edge.

const SMALLEST = 0.15; // of the pad's edge: what is drawn smaller is not enlarged further, else a dot would be a disc

// How far (x, y) is from the line between two points.
const distanceTo = (x, y, [ax, ay], [bx, by]) => {
  const dx = bx - ax, dy = by - ay, squared = dx * dx + dy * dy;
  const part = squared ? Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / squared)) : 0;
  return Math.hypot(x - ax - part * dx, y - ay - part * dy);
};

// Lines of a pen `width` pixels wide, as brightness from 0 to 1: a pixel at the rim of a line is as bright as about the
// part of it that is covered.
const rendered = (strokes, edge, width) => {
  const image = new Float64Array(edge * edge);
  const radius = width / 2, within = (value) => Math.min(edge, Math.max(0, value));
  for (const stroke of strokes) {
    stroke.forEach((end, at) => {
      const start = stroke[Math.max(0, at - 1)];
      const [left, right, top, bottom] = [
        Math.min(start[0], end[0]), Math.max(start[0], end[0]), Math.min(start[1], end[1]), Math.max(start[1], end[1]),
      ];
      for (let y = within(Math.floor(top - radius - 1)); y < within(Math.ceil(bottom + radius + 1)); y++) {
        for (let x = within(Math.floor(left - radius - 1)); x < within(Math.ceil(right + radius + 1)); x++) {
          const covered = Math.min(1, Math.max(0, radius + 0.5 - distanceTo(x + 0.5, y + 0.5, start, end)));
          image[y * edge + x] = Math.max(image[y * edge + x], covered);
        }
      }
    });
  }
  return image;
};

// Where the middle of all brightness is, [x, y] in pixels.
const centreOfMass = (image, edge) => {
  let mass = 0, x = 0, y = 0;
  image.forEach((value, at) => {
    mass += value;
    x += value * ((at % edge) + 0.5);
    y += value * (Math.floor(at / edge) + 0.5);
  });
  return mass ? [x / mass, y / mass] : [edge / 2, edge / 2];
};

// The strokes in pixels: their longer side, pen and all, as long as the box, which lies in the middle of the image.
const fitted = (strokes, edge, { box, pen }) => {
  const points = strokes.flat();
  const [xs, ys] = [0, 1].map((axis) => points.map((point) => point[axis]));
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const scale = (box - pen) / Math.max(right - left, bottom - top, SMALLEST);
  const place = (value, low, high) => edge / 2 + scale * (value - (low + high) / 2);
  return strokes.map((stroke) => stroke.map(([x, y]) => [place(x, left, right), place(y, top, bottom)]));
};

// The drawing as bytes, row by row: fitted into the form's box and drawn with its pen, and moved, if the form says so,
// until its centre of mass is in the middle.
const prepared = (strokes, edge, form) => {
  const drawn = strokes.filter((stroke) => stroke.length);
  if (!drawn.length) return new Uint8Array(edge * edge);
  let placed = fitted(drawn, edge, form);
  if (form.centre === "mass") {
    const [x, y] = centreOfMass(rendered(placed, edge, form.pen), edge);
    placed = placed.map((stroke) => stroke.map((point) => [point[0] + edge / 2 - x, point[1] + edge / 2 - y]));
  }
  return Uint8Array.from(rendered(placed, edge, form.pen), (value) => Math.round(255 * value));
};
