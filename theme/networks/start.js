// The page's part on trained networks: what the reader does, and what is shown of it.

const start = () => {
  const data = JSON.parse(document.querySelector(".networks-data").textContent);
  const input = { edge: data.edge, mean: data.mean, std: data.std };
  const networks = data.networks.map(makeNetwork);
  data.examples.forEach((example) => {
    example.image = Uint8Array.from(atob(example.pixels), (character) => character.charCodeAt(0));
  });
  const find = (name) => document.querySelector(`.networks-${name}`);
  const announceIn = (name) => (text) => { find(name).textContent = text; };
  const announceBatch = announceIn("batch-result");

  let image = new Uint8Array(data.edge ** 2), name = "", isDrawing = false, searches = 0;
  let atTest = [];
  const showAnswers = makeAnswers(find("answers"), data);
  const showBatch = makeBatch(find("moved"), data, announceBatch);
  const activations = makeActivations(data, () => showRest(), announceIn("channel-result"));
  const neighbours = makeNeighbours(data, () => {
    searches += 1;
    showRest(true);
  });

  const batch = () => [image, ...neighbours.images()];
  const showRest = (isAnnounced) => {
    const inBatch = networks.map((network) => ask(network, batch(), input, true));
    const [before, now] = [atTest, inBatch].map((looks) => looks.map(({ probabilities }) => probabilities[0]));
    showBatch(before, now, batch().length, isAnnounced);
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
    paintImage(find("asked"), image, data.edge);
    const answers = networks.map((network, at) => `${network.name} says ${answerOf(atTest[at].probabilities[0], data.classes)}`);
    announceIn("result")(image.some(Boolean) ? `${name}. ${answers.join("; ")}.` : "Nothing is drawn.");
    announceBatch("");
    requestAnimationFrame(() => showRest());
  };

  const examples = makeExamples(data, (example) => {
    pad.clear();
    isDrawing = false;
    image = example.image;
    name = example.name;
    look();
  });
  let isAwaited = false; // whether the answers to an unfinished stroke come with the next frame
  const drawn = (strokes) => {
    examples.clear();
    isDrawing = true;
    image = prepared(strokes, data.edge, data.form);
    name = "Your drawing";
  };
  const pad = makePad((strokes, isWhole) => {
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
  }, announceIn("pad-position"));

  const onButton = (action, act) => find("batch").querySelector(`[data-action=${action}]`).addEventListener("click", act);
  onButton("random", () => neighbours.choose(someOf(data.examples.length, 7)));
  onButton("none", () => neighbours.choose([]));
  onButton("drawing", () => {
    if (isDrawing && image.some(Boolean)) neighbours.addDrawing(image);
    else announceBatch("Draw a digit on the pad first: it is then put among the neighbours.");
  });
  onButton("search", async () => {
    const own = (searches += 1);
    const network = networks.find(({ norm }) => norm === "bn");
    announceBatch("Searching …");
    const found = await neighboursThatChange(network, image, neighbours.all(), input, () => searches !== own);
    if (searches !== own) return;
    if (found) neighbours.choose(found);
    if (found && !found.length) {
      const alone = answerOf(ask(network, [image], input, true).probabilities[0], data.classes);
      announceBatch(`No neighbour is needed: in a batch of its own, ${network.name} says ${alone}.`);
    }
    if (!found) announceBatch(`The search found no neighbours, at most ${MOST_NEIGHBOURS}, that change the answer of ${network.name}.`);
  });

  document.querySelectorAll(".networks").forEach((part) => { part.hidden = false; });
  document.querySelectorAll(".networks-without").forEach((text) => { text.hidden = true; });
  examples.choose(data.start);
};

start();
