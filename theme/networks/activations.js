// One channel before and after one normalization of each network, with the mean and the variance that were used.

// Where μ and σ² come from, in words.
const originOf = ({ layer, before, isRunning }, channel) => {
  const [images, channels, height, width] = before.shape, positions = height * width;
  if (isRunning) return "BN’s running averages of this channel, from training; the image has no part in them";
  if (layer.norm === "bn") {
    const together = Math.min(layer.statistics_batch ?? images, images);
    return `this channel of ${together === 1 ? "this image alone" : `${together} images of the batch`}, ${together * positions} values`;
  }
  const within = channels / (layer.groups ?? 1), first = Math.floor(channel / within) * within;
  return {
    ln: `all ${channels} channels of this image, ${channels * positions} values`,
    gn: `channels ${first + 1} to ${first + within} of this image, a group of ${within * positions} values`,
    in: `this channel of this image, ${positions} values`,
    ln2d: `each position by itself, over the ${channels} channels of this image`,
  }[layer.norm];
};

// μ or σ² of a channel of the first image: one number, or from the least to the largest where positions differ.
const usedOf = (values, { sets, before }, channel) => {
  const positions = before.shape[2] * before.shape[3];
  const own = Array.from({ length: positions }, (_, p) => values[sets.of(0, channel, p)]);
  const [low, high] = [Math.min(...own), Math.max(...own)];
  return low === high ? number(low) : `${number(low)} to ${number(high)}`;
};

const channelOf = (x, channel) => {
  const positions = x.shape[2] * x.shape[3];
  return x.data.subarray(channel * positions, (channel + 1) * positions);
};

const paintSide = (figure, values, shape, what) => {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const canvas = figure.querySelector("canvas");
  paintValues(canvas, values, shape[2], shape[3], Math.max(-low, high));
  const range = `${number(low)} to ${number(high)}`;
  canvas.setAttribute("aria-label", `${what}: values from ${range}`);
  figure.querySelector("figcaption").textContent = range;
};

// Returns `show(looks)`: by network, what `ask` gave; of its images the first is shown. `changed()` is called when the
// reader chooses another normalization, channel or mode.
const makeActivations = (data, changed, announce) => {
  const part = document.querySelector(".networks-activations");
  const [layerChoice, channelChoice, modeChoice] = ["layer", "channel", "mode"].map((name) => part.querySelector(`[name=${name}]`));
  const cards = data.networks.map(({ name }) => {
    const side = (what) => element("figure", {}, element("span", {}, what), element("canvas", { role: "img" }), element("figcaption"));
    const card = element("div", { class: "networks-card" }, element("b", {}, name),
      element("div", { class: "networks-sides" }, side("before"), side("after")), element("p"));
    part.querySelector(".networks-cards").append(card);
    return card;
  });
  const show = (looks) => looks.forEach(({ seen }, network) => {
    const card = cards[network], found = seen[Number(layerChoice.value)], channel = Number(channelChoice.value);
    const is = found && channel < found.before.shape[1];
    card.querySelector(".networks-sides").hidden = !is;
    const text = card.querySelector("p");
    if (!is) {
      text.textContent = "This network has no such channel.";
      return;
    }
    const place = `Channel ${channel + 1}, normalization ${Number(layerChoice.value) + 1} of ${data.networks[network].name}`;
    card.querySelectorAll("figure").forEach((figure, at) => {
      const x = at ? found.after : found.before;
      paintSide(figure, channelOf(x, channel), x.shape, `${place}, ${at ? "after" : "before"}`);
    });
    const { statistics, layer } = found;
    text.textContent = statistics
      ? `μ = ${usedOf(statistics.mean, found, channel)}, σ² = ${usedOf(statistics.variance, found, channel)}: `
        + `${originOf(found, channel)}. γ = ${number(layer.weight[channel])}, β = ${number(layer.bias[channel])}.`
      : "Nothing is normalized.";
  });
  part.addEventListener("change", () => {
    changed();
    announce(cards.map((card) => `${card.querySelector("b").textContent}: ${card.querySelector("p").textContent}`).join(" "));
  });
  return { show, isTraining: () => modeChoice?.value === "training" };
};
