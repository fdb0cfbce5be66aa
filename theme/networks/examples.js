// Images to choose from: a group of radio buttons, of which arrow keys choose another.

// `chosen(example)` is called with each that is chosen. `clear` takes the choice back.
const makeExamples = (data, chosen) => {
  document.querySelectorAll(".networks-examples > div").forEach((place) => {
    data.examples.forEach((example, at) => {
      if (example.kind !== place.dataset.kind) return;
      const input = element("input", {
        type: "radio", name: "networks-example", value: at, "aria-label": example.name, title: example.name, autocomplete: "off",
      });
      input.addEventListener("change", () => chosen(example));
      place.append(element("label", { class: "networks-thumb" }, input, imagePicture(example.image, data.edge)));
    });
  });
  const inputs = [...document.querySelectorAll("[name=networks-example]")];
  const clear = () => inputs.forEach((input) => { input.checked = false; });
  const choose = (at) => {
    inputs.find((input) => Number(input.value) === at).checked = true;
    chosen(data.examples[at]);
  };
  return { clear, choose };
};
