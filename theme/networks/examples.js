// Test images to choose from: a group of radio buttons, of which arrow keys choose another.

const describedExample = ({ index, label, note }, { classes, images }) =>
  `${images} image ${index}, by its label ${classes[label]}${note ? `; ${note}` : ""}`;

// `chosen(example)` is called with each that is chosen. `clear` takes the choice back.
const makeExamples = (root, data, chosen) => {
  root.querySelectorAll(".networks-examples > div").forEach((place) => {
    data.examples.forEach((example, at) => {
      if (example.kind !== place.dataset.kind) return;
      const name = describedExample(example, data);
      const input = element("input", {
        type: "radio", name: "networks-example", value: at, "aria-label": name, title: name, autocomplete: "off",
      });
      input.addEventListener("change", () => chosen(example));
      place.append(element("label", { class: "networks-thumb" }, input, imagePicture(example.image, data.edge)));
    });
  });
  const inputs = [...root.querySelectorAll("[name=networks-example]")];
  const clear = () => inputs.forEach((input) => { input.checked = false; });
  const choose = (at) => {
    inputs.find((input) => Number(input.value) === at).checked = true;
    chosen(data.examples[at]);
  };
  return { clear, choose };
};
