// One row per column: its name, what it holds, and a choice of X, Y or neither.

const PARTS = [["x", "X"], ["y", "Y"], ["", "–"]];
const WORDS = { x: "in X", y: "in Y", "": "not used" };
const MANY = 12; // columns above which a filter helps

let pickers = 0;

function element(tag, className, text = "") {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

export default {
  render({ model, el }) {
    const group = `mi-sides-${(pickers += 1)}`;
    const box = element("div", "mi-sides-box");
    const tools = element("div", "mi-sides-tools");
    const filter = element("input", "mi-sides-filter");
    filter.type = "text";
    filter.placeholder = "Filter the columns";
    filter.setAttribute("aria-label", "Filter the columns");
    const all = element("div", "mi-sides-all");
    all.append(element("span", "", "All shown:"));
    const list = element("div", "mi-sides-list");
    const said = element("p", "mi-sides-said");
    said.setAttribute("role", "status");
    tools.append(filter, all);
    box.append(tools, list, said);
    el.append(box);

    let rows = []; // { node, name, usable, inputs }
    let sides = { x: [], y: [] };

    const part = (index) => (sides.x.includes(index) ? "x" : sides.y.includes(index) ? "y" : "");
    const assign = (indices, side) => {
      for (const name of ["x", "y"]) {
        const rest = sides[name].filter((index) => !indices.includes(index));
        sides[name] = name === side ? [...rest, ...indices].sort((a, b) => a - b) : rest;
      }
      model.send({ type: "sides", ...sides });
      mark();
    };
    const named = (side) => (side.length > 3 ? `${side.length} columns` : side.map((index) => rows[index]?.name).join(", "));
    const count = () => {
      const chosen = sides.x.length && sides.y.length;
      said.textContent = chosen ? `X: ${named(sides.x)} · Y: ${named(sides.y)}` : "Choose at least one column for X and one for Y.";
      said.classList.toggle("mi-wanted", !chosen);
    };
    const mark = () => {
      rows.forEach(({ node, inputs }, index) => {
        const now = part(index);
        node.dataset.side = now;
        for (const input of inputs) input.checked = input.value === now;
      });
      count();
    };
    const sift = () => {
      const wanted = filter.value.trim().toLowerCase();
      for (const { node, name } of rows) node.hidden = wanted !== "" && !name.toLowerCase().includes(wanted);
    };
    const build = () => {
      rows = model.get("columns").map(([name, about, usable], index) => {
        const node = element("fieldset", "mi-side-row");
        node.disabled = !usable;
        const legend = element("legend", "mi-hidden-legend", name);
        const text = element("div", "mi-side-text");
        text.append(element("span", "mi-side-name", name), element("span", "mi-side-about", about));
        text.title = name;
        text.setAttribute("aria-hidden", "true"); // the legend says the name, the group's description the rest
        node.setAttribute("aria-description", about);
        const parts = element("div", "mi-side-parts");
        const inputs = PARTS.map(([value, letter]) => {
          const label = element("label", `mi-side-part mi-side-${value || "none"}`);
          const input = document.createElement("input");
          Object.assign(input, { type: "radio", name: `${group}-${index}`, value });
          input.setAttribute("aria-label", WORDS[value]);
          input.addEventListener("change", () => assign([index], value));
          const shown = element("span", "", letter);
          shown.setAttribute("aria-hidden", "true");
          label.append(input, shown);
          parts.append(label);
          return input;
        });
        node.append(legend, text, parts);
        return { node, name, usable, inputs };
      });
      list.replaceChildren(...rows.map(({ node }) => node));
      tools.hidden = rows.length <= MANY;
      filter.value = "";
      mark();
    };

    for (const [value, letter] of PARTS) {
      const button = element("button", `mi-choice mi-all-${value || "none"}`, letter);
      button.type = "button";
      button.setAttribute("aria-label", `All shown columns: ${WORDS[value]}`);
      button.addEventListener("click", () => {
        assign(rows.flatMap(({ node, usable }, index) => (usable && !node.hidden ? [index] : [])), value);
      });
      all.append(button);
    }
    filter.addEventListener("input", sift);
    const receive = (message) => {
      if (message.type !== "sides") return;
      sides = { x: message.x, y: message.y };
      mark();
      const first = rows[Math.min(...sides.x, ...sides.y)];
      if (first) list.scrollTop = first.node.offsetTop - list.offsetTop; // where many columns scroll, begin at the chosen ones
    };
    model.on("change:columns", build);
    model.on("msg:custom", receive);
    build();
    model.send({ type: "ready" });
    return () => {
      model.off("change:columns", build);
      model.off("msg:custom", receive);
    };
  },
};
