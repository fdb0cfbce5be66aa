// The gallery of misclassified images: without this script all cards are in the page; with it they can be filtered and
// sorted. Cards have their numbers as attributes, by model: data-predicted="9 4", data-sure="0.9931 0.8710".
"use strict";

document.querySelectorAll("section.gallery").forEach((gallery) => {
  const first = 12; // cards that are shown before more are asked for
  const form = gallery.querySelector(".gallery-choice");
  const list = gallery.querySelector(".gallery-cards");
  const count = gallery.querySelector(".gallery-count");
  const more = gallery.querySelector(".gallery-more");
  const cards = [...list.children].map((element) => ({
    element,
    index: Number(element.dataset.index),
    label: element.dataset.label,
    predicted: element.dataset.predicted.split(" "),
    sure: element.dataset.sure.split(" ").map(Number),
    disputed: element.dataset.disputed ?? "no",
  }));
  let all = false; // whether all that match are shown

  const chosen = (name) => form.elements[name]?.value ?? "";

  // The highest confidence of the chosen models' errors of the chosen kind; undefined where there is none.
  const confidence = (card) => {
    const model = chosen("model"), predicted = chosen("predicted");
    const errors = card.sure.filter((_, number) =>
      card.predicted[number] !== card.label &&
      (model === "" || model === String(number)) &&
      (predicted === "" || predicted === card.predicted[number]));
    return errors.length ? Math.max(...errors) : undefined;
  };

  const fits = (card) =>
    ["label", "disputed"].every((name) => chosen(name) === "" || chosen(name) === card[name]);

  const orders = {
    most: (one, other) => other.rank - one.rank,
    least: (one, other) => one.rank - other.rank,
    index: (one, other) => one.index - other.index,
  };

  const message = (matching, shown) => {
    if (!matching) return "No image was misclassified in this way.";
    return `${matching} of ${cards.length} images` + (shown < matching ? `; the first ${shown} are shown.` : ".");
  };

  const update = () => {
    const found = cards.filter(fits)
      .map((card) => ({ ...card, rank: confidence(card) }))
      .filter((card) => card.rank !== undefined)
      .sort(orders[chosen("order")]);
    const shown = all ? found.length : Math.min(first, found.length);
    cards.forEach(({ element }) => { element.hidden = true; });
    found.forEach(({ element }, place) => {
      element.hidden = place >= shown;
      list.append(element);
    });
    count.textContent = message(found.length, shown);
    more.hidden = shown === found.length;
    more.textContent = `Show all ${found.length}`;
  };

  form.addEventListener("input", update);
  form.addEventListener("reset", () => setTimeout(update)); // after the controls have their first values again
  form.addEventListener("submit", (event) => event.preventDefault());
  more.addEventListener("click", () => {
    const before = [...list.children].filter((element) => !element.hidden);
    all = true;
    update();
    // The button is gone, and with it what had the focus: reading goes on with the first card that is new.
    const next = [...list.children].find((element) => !element.hidden && !before.includes(element));
    next.tabIndex = -1;
    next.focus();
  });

  form.hidden = false;
  update();
});
