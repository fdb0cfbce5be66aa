// The shape (N, C, H, W) of the batch: what can be chosen, and where a value lies in it.

const SHAPE_AXES = ["images N", "channels C", "rows H", "columns W"];
const LARGEST_SHAPE = [4, 4, 3, 3]; // so that each set has a colour, and the grid its place on a small screen

const volume = (shape) => shape.reduce((product, length) => product * length, 1);

// Image, channel, row and column of the value number `index`, from 0.
function positionOf(index, [, channels, height, width]) {
  const column = index % width, row = Math.floor(index / width) % height;
  const block = Math.floor(index / (width * height));
  return [Math.floor(block / channels), block % channels, row, column];
}

// The number of the value at a position; undefined outside the shape.
function indexOf(position, shape) {
  if (position.some((place, axis) => place >= shape[axis])) return undefined;
  return position.reduce((index, place, axis) => index * shape[axis] + place, 0);
}

// Whether the groups of a method divide the channels.
const fits = ({ groups }, shape) => !groups || shape[1] % groups === 0;
