// Images and activations as pictures, a pixel or value each. They are transparent where nothing is, so that they suit a
// light and a dark page.

const painted = (canvas, rows, columns, colourOf) => {
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext("2d"), pixels = context.createImageData(columns, rows);
  for (let at = 0; at < rows * columns; at++) pixels.data.set(colourOf(at), 4 * at);
  context.putImageData(pixels, 0, 0);
  return canvas;
};

// Bytes as ink: black, which the style turns over on a dark page.
const paintImage = (canvas, image, edge) => painted(canvas, edge, edge, (at) => [0, 0, 0, image[at]]);

const imagePicture = (image, edge) => paintImage(element("canvas", { class: "networks-ink", "aria-hidden": "true" }), image, edge);

// Values of both signs: negative ones violet, positive ones orange, the larger the stronger; `largest` is opaque.
const paintValues = (canvas, values, rows, columns, largest) =>
  painted(canvas, rows, columns, (at) => {
    const colour = values[at] < 0 ? [138, 111, 208] : [224, 123, 0];
    return [...colour, Math.round((255 * Math.abs(values[at])) / (largest || 1))];
  });
