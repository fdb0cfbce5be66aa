// The page's part on our own networks: what the reader does, and what is shown of it.

const start = (root) => {
  const data = JSON.parse(root.querySelector(".networks-data").textContent);
  const input = { edge: data.edge, mean: data.mean, std: data.std };
  const networks = data.networks.map(makeNetwork);
  data.examples.forEach((example) => {
    example.image = Uint8Array.from(atob(example.pixels), (character) => character.charCodeAt(0));
  });
  const find = (name) => root.querySelector(`.networks-${name}`);
  const told = (place) => (text) => { find(place).textContent = text; };

  let image = new Uint8Array(data.edge ** 2), name = "", isDrawing = false, searches = 0;
  let atTest = [];
  const hasBatch = Boolean(find("batch"));
  const showAnswers = makeAnswers(root, data);
  const showBatch = hasBatch && makeBatch(root, data, told("batch-said"));
  const activations = makeActivations(root, data, () => showRest(), told("channel-said"));
  const neighbours = hasBatch && makeNeighbours(root, data, () => {
    searches += 1;
    showRest(true);
  });

  const batch = () => [image, ...(hasBatch ? neighbours.images() : [])];
  const showRest = (isAnnounced) => {
    const inBatch = hasBatch && networks.map((network) => ask(network, batch(), input, true));
    if (hasBatch) {
      const [before, now] = [atTest, inBatch].map((looks) => looks.map(({ probabilities }) => probabilities[0]));
      showBatch(before, now, batch().length, isAnnounced);
    }
    activations.show(activations.isTraining() ? inBatch : atTest);
  };
  // First the answers; what takes longer waits for the next frame.
  const showAtTest = () => {
    atTest = networks.map((network) => ask(network, [image], input));
    showAnswers(atTest.map(({ probabilities }) => probabilities[0]));
    paintImage(find("seen"), image, data.edge);
  };
  const look = () => {
    searches += 1;
    showAtTest();
    if (hasBatch) paintImage(find("asked"), image, data.edge);
    const answers = networks.map((network, at) => `${network.name} says ${answerOf(atTest[at].probabilities[0], data.classes)}`);
    told("said")(image.some(Boolean) ? `${name}. ${answers.join("; ")}.` : "Nothing is drawn.");
    requestAnimationFrame(() => showRest());
  };

  const examples = makeExamples(root, data, (example) => {
    pad.clear();
    isDrawing = false;
    image = example.image;
    const text = describedExample(example, data);
    name = text[0].toUpperCase() + text.slice(1);
    look();
  });
  let isAwaited = false; // whether the answers to an unfinished stroke come with the next frame
  const drawn = (strokes) => {
    examples.clear();
    isDrawing = true;
    image = prepared(strokes, data.edge, data.form);
    name = "Your drawing";
  };
  const pad = makePad(root, (strokes, isWhole) => {
    if (isWhole) {
      drawn(strokes);
      look();
    } else if (!isAwaited) {
      isAwaited = true;
      requestAnimationFrame(() => {
        isAwaited = false;
        if (!strokes.length) return; // it was taken back meanwhile
        drawn(strokes);
        showAtTest();
      });
    }
  }, told("pad-said"));

  const startBatch = () => {
    const button = (action, act) => find("batch").querySelector(`[data-action=${action}]`).addEventListener("click", act);
    button("random", () => neighbours.choose(someOf(data.examples.length, 7)));
    button("none", () => neighbours.choose([]));
    button("drawing", () => {
      if (isDrawing && image.some(Boolean)) neighbours.addDrawing(image);
      else told("batch-said")("Draw something on the pad first: it is put among the neighbours then.");
    });
    button("search", async () => {
      const own = (searches += 1);
      const network = networks.find(({ layers }) => layers.some((layer) => layer.norm === "bn"));
      told("batch-said")("Searching …");
      const found = await neighboursThatChange(network, image, neighbours.all(), input, () => searches !== own);
      if (searches !== own) return;
      if (found) neighbours.choose(found);
      else told("batch-said")(`No ${MOST_NEIGHBOURS} of these neighbours were found among which ${network.name} gives another answer.`);
    });
  };
  if (hasBatch) startBatch();

  root.hidden = false;
  if (data.examples.length) examples.choose(0);
  else look();
};

document.querySelectorAll(".networks").forEach(start);
