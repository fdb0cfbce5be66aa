// The colours of cells: of a hue so much per cent.

// The hue tells images apart (in BN channels), the strength the sets within an image.
function setColours(sets, shape, hues) {
  const firsts = sets.map(({ members }) => positionOf(members[0], shape));
  const acrossImages = sets.some(({ members }) => new Set(members.map((index) => positionOf(index, shape)[0])).size > 1);
  const owners = firsts.map(([image, channel]) => (acrossImages ? channel : image)), before = {};
  const most = Math.max(4, ...owners.map((owner) => owners.filter((each) => each === owner).length));
  return owners.map((owner) => {
    before[owner] = (before[owner] ?? -1) + 1;
    return { hue: hues[owner], strength: WEAKEST + (STRONGEST - WEAKEST) * before[owner] / (most - 1) };
  });
}

const [WEAKEST, STRONGEST] = [16, 49]; // per cent of a colour on which numbers can be read

// Orange above 0, violet below, the stronger the larger the value.
function valueColours(values) {
  const numbers = values.map((value) => value?.number() ?? 0), largest = Math.max(...numbers.map(Math.abs)) || 1;
  return numbers.map((number) => ({
    hue: number < 0 ? "#8a6fd0" : "#e07b00", strength: STRONGEST * Math.abs(number) / largest,
  }));
}
