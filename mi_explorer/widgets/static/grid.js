// A table of weights: a number field per cell, buttons for the size, the shares of cells, rows and columns.

const SIDES = [["x", "rows"], ["y", "columns"]];
const SMALL = { 1: "₁", 2: "₂", 3: "₃", 4: "₄", 5: "₅", 6: "₆", 7: "₇", 8: "₈", 9: "₉" };

let grids = 0;

function element(tag, className, text = "") {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

const plain = (number) => number.toLocaleString("en", { maximumFractionDigits: 0 });
const percent = (share) => `${share > 0 && share < 0.095 ? (100 * share).toFixed(1) : Math.round(100 * share)} %`;
const total = (rows) => rows.flat().reduce((sum, weight) => sum + weight, 0);

export default {
  render({ model, el }) {
    const id = `mi-grid-${(grids += 1)}`;
    const box = element("div", "mi-grid");
    const heading = element("div", "mi-label mi-grid-label", model.get("label"));
    const sizes = element("div", "mi-grid-sizes");
    const table = element("table", "mi-grid-table");
    const note = element("p", "mi-grid-note");
    heading.id = id;
    note.setAttribute("role", "status");
    box.setAttribute("role", "group");
    box.setAttribute("aria-labelledby", id);
    box.append(heading, sizes, table, note);
    el.append(box);

    let rows = []; // the last good table
    let fields = [];

    const say = (text) => {
      note.textContent = text;
      note.hidden = !text;
    };
    const send = (next) => {
      rows = next;
      model.send({ type: "table", rows });
    };

    // ---- size

    const resize = (side, change) => {
      const [fewest, most] = model.get("sizes");
      const count = (side === "x" ? rows.length : rows[0].length) + change;
      if (count < fewest || count > most) return say(`The table can have ${fewest} to ${most} ${side === "x" ? "rows" : "columns"}.`);
      const resized = (list, fill) => (change > 0 ? [...list, fill] : list.slice(0, -1));
      const next = side === "x" ? resized(rows, rows[0].map(() => 1)) : rows.map((row) => resized(row, 1));
      if (!total(next)) return say("Only zeros would be left: give another cell a weight first. The table stays as it is.");
      send(next);
      build();
      say("");
    };
    const steppers = SIDES.map(([side, word]) => {
      const group = element("div", "mi-grid-size");
      const count = element("span", "mi-grid-count");
      const buttons = [["−", -1, `Fewer ${word}`], ["+", 1, `More ${word}`]].map(([sign, change, name]) => {
        const button = element("button", `mi-grid-step mi-grid-${side}-${change > 0 ? "more" : "less"}`, sign);
        button.type = "button";
        button.setAttribute("aria-label", name);
        button.addEventListener("click", () => resize(side, change));
        return button;
      });
      group.setAttribute("role", "group");
      group.setAttribute("aria-label", `Number of ${word}`);
      group.append(buttons[0], count, buttons[1]);
      sizes.append(group);
      return { side, word, count, buttons };
    });

    // ---- cells

    const refuse = (field, sentence) => {
      say(sentence);
      field.node.value = String(rows[field.x][field.y]);
      field.node.setAttribute("aria-invalid", "true");
    };
    const take = (field) => {
      const { node, x, y } = field;
      const number = node.valueAsNumber;
      const most = model.get("most");
      const name = `x${SMALL[x + 1]}, y${SMALL[y + 1]}`;
      const stays = `It stays at ${rows[x][y]}.`;
      if (!Number.isFinite(number)) return refuse(field, `The weight of ${name} must be a number, such as 3 or 0.5. ${stays}`);
      if (number < 0) return refuse(field, `A weight cannot be negative: 0 means that ${name} never occurs. ${stays}`);
      if (number > most) return refuse(field, `The weight of ${name} can be ${plain(most)} at most; only the proportions matter. ${stays}`);
      const next = rows.map((row) => [...row]);
      next[x][y] = number;
      if (!total(next)) return refuse(field, `Something must be able to occur: at least one weight is above 0. ${stays}`);
      say("");
      for (const { node: other } of fields) other.removeAttribute("aria-invalid");
      if (number === rows[x][y]) return;
      send(next);
      share();
    };
    const walk = (event, field) => {
      if (event.key !== "Enter") return;
      const next = fields[(fields.indexOf(field) + 1) % fields.length];
      next.node.focus(); // leaving the field commits it
      next.node.select();
    };
    const cell = (x, y) => {
      const place = element("td", "mi-grid-cell");
      const node = element("input", "mi-grid-field");
      Object.assign(node, { type: "number", min: "0", step: "any", inputMode: "decimal", value: String(rows[x][y]), autocomplete: "off" });
      node.setAttribute("aria-label", `Weight of the pair x ${x + 1}, y ${y + 1}`);
      node.setAttribute("aria-describedby", `${id}-${x}-${y}`);
      const part = element("span", "mi-grid-share");
      part.id = `${id}-${x}-${y}`;
      const field = { node, part, x, y, place };
      node.addEventListener("change", () => take(field));
      node.addEventListener("keydown", (event) => walk(event, field));
      node.addEventListener("wheel", () => node.blur(), { passive: true }); // scrolling the page must not change a number
      place.append(node, part);
      return field;
    };
    const head = (text, spoken, scope) => {
      const node = element("th", "mi-grid-head", text);
      node.scope = scope;
      node.setAttribute("aria-label", spoken);
      return node;
    };
    const build = () => {
      const columns = rows[0].map((_, y) => y);
      const top = element("tr", "");
      top.append(element("td", "mi-grid-corner"), ...columns.map((y) => head(`y${SMALL[y + 1]}`, `y ${y + 1}`, "col")), head("p(x)", "p of x", "col"));
      fields = [];
      const body = rows.map((row, x) => {
        const line = element("tr", "");
        const cells = row.map((_, y) => cell(x, y));
        fields.push(...cells);
        line.append(head(`x${SMALL[x + 1]}`, `x ${x + 1}`, "row"), ...cells.map(({ place }) => place), element("td", "mi-grid-margin"));
        return line;
      });
      const bottom = element("tr", "");
      bottom.append(head("p(y)", "p of y", "row"), ...columns.map(() => element("td", "mi-grid-margin")), element("td", "mi-grid-corner"));
      table.replaceChildren(top, ...body, bottom);
      const [fewest, most] = model.get("sizes");
      for (const { side, word, count, buttons } of steppers) {
        const now = side === "x" ? rows.length : rows[0].length;
        count.textContent = `${now} ${word}`;
        buttons[0].setAttribute("aria-disabled", String(now <= fewest)); // really disabled, it would lose the focus
        buttons[1].setAttribute("aria-disabled", String(now >= most));
      }
      share();
    };
    const share = () => {
      const whole = total(rows);
      for (const { part, place, x, y } of fields) {
        const p = rows[x][y] / whole;
        part.textContent = percent(p);
        place.style.setProperty("--share", p.toFixed(4));
      }
      const sums = [...rows.map((row) => total([row])), ...rows[0].map((_, y) => total(rows.map((row) => [row[y]])))];
      table.querySelectorAll(".mi-grid-margin").forEach((node, index) => (node.textContent = percent(sums[index] / whole)));
    };

    // ---- what Python says

    const receive = (message) => {
      if (message.type !== "table" || !message.rows.length) return;
      const same = rows.length === message.rows.length && rows[0].length === message.rows[0].length;
      rows = message.rows;
      if (!same) return build();
      for (const { node, x, y } of fields) node.value = String(rows[x][y]); // the focus stays where it is
      share();
    };
    model.on("msg:custom", receive);
    model.send({ type: "ready" });
    return () => model.off("msg:custom", receive);
  },
};
