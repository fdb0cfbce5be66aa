// The batch as a block, as in Figure 2 of Wu & He 2018 (arXiv:1803.08494): channels to the right, positions (rows, then
// columns) downwards, images to the back. What is marked is solid; the rest shows as lines.

const TO_THE_BACK = [0.6, -0.45]; // of an image, in cells
const TALLEST = 4; // cells; more positions are drawn flatter

// `marked` are numbers of values that fill a block of their own, `chosen` is one of them.
function cubePicture(shape, marked, chosen, hue, label) {
  const [images, channels, height, width] = shape, positions = height * width, flat = Math.min(1, TALLEST / positions);
  const point = (image, channel, position) =>
    [channel + TO_THE_BACK[0] * image, flat * position + TO_THE_BACK[1] * image].map((part) => part.toFixed(2)).join();
  const places = (members) => members.map((index) => {
    const [image, channel, row, column] = positionOf(index, shape);
    return [image, channel, row * width + column];
  });
  const solid = (members, kind) => blockPicture(bounds(places(members)), point, kind);
  const [right, bottom] = [channels + TO_THE_BACK[0] * images, flat * positions], top = TO_THE_BACK[1] * images;
  const text = (x, y, said, anchor = "middle") => drawn("text", { x, y, "text-anchor": anchor }, said);
  return drawn("svg", {
    role: "img", "aria-label": label, viewBox: `-2.3 ${top - 0.2} ${right + 3.8} ${bottom - top + 1}`, style: `--hue: ${hue}`,
  },
  blockPicture([[0, 0, 0], [images, channels, positions]], point, "hull"),
  solid(marked, "set"), solid([chosen], "own"),
  text(channels / 2, bottom + 0.65, `C = ${channels}`), text(-0.2, bottom / 2 + 0.15, `H·W = ${positions}`, "end"),
  text(right - TO_THE_BACK[0] * images / 2 + 0.25, bottom + top / 2 + 0.4, `N = ${images}`, "start"));
}

// The lowest corner of places, and that beyond the highest.
const bounds = (places) => [0, 1].map((end) => [0, 1, 2].map((axis) => {
  const along = places.map((place) => place[axis]);
  return end ? Math.max(...along) + 1 : Math.min(...along);
}));

// The three faces of a block that one sees, each with lines between its cells.
function blockPicture([[image, channel, position], [imageEnd, channelEnd, positionEnd]], point, kind) {
  const corners = (at, [fromA, toA], [fromB, toB]) => [at(fromA, fromB), at(toA, fromB), at(toA, toB), at(fromA, toB)];
  const inner = (at, [fromA, toA], [fromB, toB]) => {
    let path = "";
    for (let a = fromA + 1; a < toA; a++) path += `M${at(a, fromB)}L${at(a, toB)}`;
    for (let b = fromB + 1; b < toB; b++) path += `M${at(fromA, b)}L${at(toA, b)}`;
    return path;
  };
  const [alongC, alongP, alongN] = [[channel, channelEnd], [position, positionEnd], [image, imageEnd]];
  const faces = {
    front: [(c, p) => point(image, c, p), alongC, alongP],
    top: [(c, n) => point(n, c, position), alongC, alongN],
    side: [(n, p) => point(n, channelEnd, p), alongN, alongP],
  };
  return drawn("g", { class: `explorer-block explorer-${kind}` }, ...Object.entries(faces).flatMap(([name, face]) => [
    drawn("polygon", { class: `explorer-${name}`, points: corners(...face).join(" ") }), drawn("path", { d: inner(...face) }),
  ]));
}
