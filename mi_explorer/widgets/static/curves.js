// The live chart as a table: what it shows at a few steps, for those who read numbers rather than lines.

const TABLE_ROWS = 10;
const TABLE_EVERY = 2000; // milliseconds between two refreshes of a table that is open

class CurveTable {
  constructor(number) {
    this.number = number;
    this.node = document.createElement("details");
    this.node.className = "mi-more mi-curve-table";
    const summary = document.createElement("summary");
    summary.textContent = "The curves in figures";
    this.body = document.createElement("div");
    this.body.className = "mi-curve-scroll";
    this.body.tabIndex = 0;
    this.body.setAttribute("role", "region");
    this.body.setAttribute("aria-label", "The curves in figures");
    this.node.append(summary, this.body);
    this.node.addEventListener("toggle", () => this.refresh());
    this.scene = null;
    this.filled = 0;
  }

  // The chart has drawn another scene.
  show(scene) {
    this.scene = scene;
    const curves = scene.run.curves.filter(({ count }) => count);
    this.node.hidden = !curves.length;
    if (this.node.open && !this.timer) this.timer = setTimeout(() => this.refresh(), Math.max(0, this.filled + TABLE_EVERY - Date.now()));
  }

  refresh() {
    clearTimeout(this.timer);
    this.timer = null;
    if (!this.node.open || !this.scene) return;
    this.filled = Date.now();
    const { run, truth } = this.scene;
    const curves = run.curves.filter(({ kind, count }) => kind === "curve" && count);
    if (!curves.length) return;
    const longest = curves.reduce((best, curve) => (curve.count > best.count ? curve : best));
    const count = Math.min(TABLE_ROWS, longest.count);
    const rows = Array.from({ length: count }, (_, i) => longest.step[Math.round(((i + 1) / count) * longest.count) - 1]);
    const cell = (tag, text, scope) => {
      const node = document.createElement(tag);
      if (scope) node.scope = scope;
      node.textContent = text;
      return node;
    };
    const line = (cells) => {
      const row = document.createElement("tr");
      row.append(...cells);
      return row;
    };
    const table = document.createElement("table");
    table.className = "mi-curve-figures";
    const perfect = (key) => run.curves.find((curve) => curve.key === `perfect:${key}` && curve.count);
    const heads = curves.flatMap(({ key, label }) => (perfect(key) ? [label, `${label}, perfect critic`] : [label]));
    const head = document.createElement("thead");
    head.append(line(["Step", ...heads, "True MI"].map((text) => cell("th", text, "col"))));
    const body = document.createElement("tbody");
    for (const step of rows) {
      const at = (curve) => {
        const index = curve.at(step);
        return index < 0 ? "–" : this.number(curve.mean[index]);
      };
      const cells = curves.flatMap((curve) => (perfect(curve.key) ? [at(curve), at(perfect(curve.key))] : [at(curve)]));
      const known = truth.length ? this.number(stairAt(truth, step)) : "–";
      body.append(line([cell("th", Math.round(step).toLocaleString("en"), "row"), ...[...cells, known].map((text) => cell("td", text))]));
    }
    table.append(head, body);
    this.body.replaceChildren(table);
  }

  remove() {
    clearTimeout(this.timer);
  }
}
