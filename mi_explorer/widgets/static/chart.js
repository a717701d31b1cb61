// The live chart's widget: keeps the run's points beside the model, draws on the next animation frame.

const BITS_PER_NAT = 1 / Math.LN2;

class Curve {
  constructor({ key, label, style, kind }) {
    Object.assign(this, { key, label, style: style % STYLE_COUNT, kind, count: 0, least: Infinity, most: -Infinity });
    for (const row of ["step", "mean", "low", "high"]) this[row] = new Float32Array(256);
  }

  write(start, count, steps, values) {
    while (this.step.length < start + count)
      for (const row of ["step", "mean", "low", "high"]) {
        const grown = new Float32Array(2 * this[row].length);
        grown.set(this[row]);
        this[row] = grown;
      }
    this.step.set(steps, start);
    ["mean", "low", "high"].forEach((row, i) => this[row].set(values.subarray(i * count, (i + 1) * count), start));
    this.count = Math.max(this.count, start + count);
    for (let i = 0; i < count; i++) {
      if (!Number.isFinite(values[i])) continue;
      this.least = Math.min(this.least, values[i]);
      this.most = Math.max(this.most, values[i]);
    }
  }

  // The last point at or before a step; curves may be recorded at different steps.
  at(step) {
    let [low, high] = [0, this.count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.step[middle] <= step) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

// One store per model, shared by its views; it outlives a view that JupyterLab closes and opens again.
class Store {
  constructor(model) {
    this.run = { id: 0, curves: [], xMax: 1, title: "" };
    this.hidden = new Set();
    this.listeners = new Set();
    model.on("msg:custom", (message, buffers) => this.receive(message, buffers));
    model.send({ type: "ready" });
  }

  receive(message, buffers) {
    if (message.type === "start") {
      const { run, series, x_max, title } = message;
      this.run = { id: run, curves: series.map((entry) => new Curve(entry)), xMax: x_max, title };
    }
    if (message.run !== this.run.id) return; // a stale frame of an earlier run
    const view = buffers[0];
    const floats = view?.byteLength ? new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength)) : null;
    for (const [index, start, count, stepsAt, valuesAt] of message.blocks)
      this.run.curves[index].write(
        start, count, floats.subarray(stepsAt, stepsAt + count), floats.subarray(valuesAt, valuesAt + 3 * count),
      );
    for (const listener of this.listeners) listener(message.type === "start");
  }
}

const stores = new WeakMap();
function storeOf(model) {
  if (!stores.has(model)) stores.set(model, new Store(model));
  return stores.get(model);
}

class View {
  constructor(model, el) {
    this.model = model;
    this.store = storeOf(model);
    this.frames = 0;
    this.cursor = null; // the step under the crosshair
    this.build(el);
    this.cleanups = [];
    this.wire();
    this.schedule();
  }

  build(el) {
    this.root = element("div", "mi-chart");
    this.legend = element("div", "mi-legend", { role: "group", "aria-label": "Curves: press to hide or show" });
    this.plot = element("div", "mi-plot", { role: "img", tabindex: "0" });
    this.canvas = element("canvas", "mi-canvas");
    this.hint = element("div", "mi-hint");
    this.line = element("div", "mi-crosshair");
    this.plot.append(this.canvas, this.hint, this.line);
    this.guess = new GuessLine(this.model, this.plot, (nats) => this.number(nats));
    this.tip = element("div", "mi-tip");
    this.table = new CurveTable((nats) => this.number(nats));
    this.note = element("div", "mi-note");
    const stage = element("div", "mi-stage");
    stage.append(this.plot, this.guess.node, this.tip);
    this.root.append(this.legend, stage, this.note, this.table.node);
    el.append(this.root);
    this.buildLegend();
  }

  wire() {
    const redraw = () => this.schedule();
    const started = (isNew) => {
      if (isNew) this.cursor = null;
      if (isNew) this.buildLegend();
      redraw();
    };
    this.store.listeners.add(started);
    this.cleanups.push(() => this.store.listeners.delete(started));
    for (const trait of ["truth", "ceiling", "unit", "description", "hint", "guess", "guessing", "guess_label", "show_perfect", "smooth"]) {
      this.model.on(`change:${trait}`, redraw);
      this.cleanups.push(() => this.model.off(`change:${trait}`, redraw));
    }
    this.cleanups.push(watchLook(this.plot, redraw));

    const pointAt = (event) => {
      this.tip.classList.remove("mi-live"); // a pointer's path is not read out
      this.point(event.clientX - this.plot.getBoundingClientRect().left);
    };
    this.plot.addEventListener("pointermove", pointAt);
    this.plot.addEventListener("pointerdown", pointAt);
    this.plot.addEventListener("pointerleave", () => this.setCursor(null));
    this.plot.addEventListener("blur", () => this.setCursor(null));
    this.plot.addEventListener("keydown", (event) => this.onKey(event));
  }

  schedule() {
    this.request ??= requestAnimationFrame(() => {
      this.request = null;
      this.draw();
    });
  }

  get scale() {
    return this.model.get("unit") === "bits" ? BITS_PER_NAT : 1;
  }

  stairs(trait) {
    return this.model.get(trait).filter(([step, value]) => Number.isFinite(step) && Number.isFinite(value));
  }

  get visible() {
    const perfect = this.model.get("show_perfect");
    const name = (curve) => curve.key.replace(/^perfect:/, "");
    return this.store.run.curves.filter((curve) => {
      if (curve.kind === "perfect" && !perfect) return false;
      return !this.store.hidden.has(curve.key) && !this.store.hidden.has(name(curve));
    });
  }

  get xMax() {
    const { curves, xMax } = this.store.run;
    return curves.reduce((most, curve) => (curve.count ? Math.max(most, curve.step[curve.count - 1]) : most), xMax);
  }

  // ---- drawing

  draw() {
    const ground = prepare(this.canvas, this.plot);
    if (!ground) {
      // JupyterLab hides everything while it changes its theme, too briefly for the resize observer: try again
      this.retry = setTimeout(() => this.schedule(), 250);
      return;
    }
    const { ctx, width, height } = ground;
    this.root.classList.toggle("mi-chart-narrow", width < 520);
    const scene = {
      run: this.store.run,
      truth: this.stairs("truth"),
      ceiling: this.stairs("ceiling"),
      visible: this.visible,
      xMax: this.xMax,
      scale: this.scale,
      smooth: this.model.get("smooth"),
      unit: this.model.get("unit"),
    };
    this.geometry = drawPlot(ctx, width, height, scene, readTheme(this.root));
    this.guess.place(this.geometry);
    this.table.show(scene);
    this.describe(scene);
    this.updateLegend();
    this.showCursor();
  }

  describe(scene) {
    const points = scene.run.curves.reduce((sum, curve) => sum + curve.count, 0);
    this.frames += 1;
    this.root.dataset.frames = this.frames;
    this.root.dataset.points = points;
    this.root.dataset.run = scene.run.id;
    this.root.dataset.truth = scene.truth.length ? scene.truth.at(-1)[1] : "";
    this.plot.setAttribute("aria-label", this.model.get("description"));
    this.hint.textContent = points || this.model.get("guessing") ? "" : this.model.get("hint");
    this.note.textContent = this.geometry.clipped ? "Some points lie outside the chart." : "";
  }

  // ---- legend

  buildLegend() {
    this.entries = [];
    this.legend.replaceChildren();
    const { curves } = this.store.run;
    for (const curve of curves.filter(({ kind }) => kind !== "perfect")) {
      const mark = curve.kind === "bracket" ? "mi-swatch-bracket" : `mi-style-${curve.style}`;
      const button = this.legendButton(swatch(mark), curve.label);
      const value = element("span", "mi-legend-value");
      button.append(value);
      button.addEventListener("click", () => {
        const { hidden } = this.store;
        hidden.has(curve.key) ? hidden.delete(curve.key) : hidden.add(curve.key);
        for (const listener of this.store.listeners) listener(false);
      });
      this.entries.push({ curve, button, value });
    }
    this.perfect = null;
    if (curves.some(({ kind }) => kind === "perfect")) {
      this.perfect = this.legendButton(swatch("mi-swatch-perfect"), "perfect critic");
      this.perfect.addEventListener("click", () => {
        this.model.set("show_perfect", !this.model.get("show_perfect"));
        this.model.save_changes();
      });
    }
  }

  legendButton(mark, label) {
    const button = element("button", "mi-legend-item", { type: "button", "aria-pressed": "true" });
    const name = element("span", "mi-legend-name");
    name.textContent = label;
    button.append(mark, name);
    this.legend.append(button);
    return button;
  }

  updateLegend() {
    for (const { curve, button, value } of this.entries) {
      button.setAttribute("aria-pressed", String(!this.store.hidden.has(curve.key)));
      const last = curve.count - 1;
      if (last < 0) value.textContent = "";
      else if (curve.kind === "bracket") value.textContent = this.between(curve.low[last], curve.high[last]);
      else value.textContent = this.number(this.geometry.ends.get(curve));
    }
    this.perfect?.setAttribute("aria-pressed", String(this.model.get("show_perfect")));
  }

  number(nats) {
    if (!Number.isFinite(nats)) return "ended";
    const value = nats * this.scale;
    return (Math.abs(value) < 1e4 ? value.toFixed(2) : value.toExponential(1)).replace("-", "−");
  }

  between(low, high) {
    return `${this.number(low)} … ${this.number(high)}`;
  }

  // ---- crosshair

  point(x) {
    const { box } = this.geometry ?? {};
    if (!box || x < box.left - 8 || x > box.right + 8) return this.setCursor(null);
    const step = ((x - box.left) / (box.right - box.left)) * this.xMax;
    this.setCursor(Math.max(0, Math.min(this.xMax, step)));
  }

  setCursor(step) {
    this.cursor = step;
    this.showCursor();
  }

  onKey(event) {
    const longest = this.visible.reduce((best, curve) => (curve.count > (best?.count ?? 0) ? curve : best), null);
    if (event.key === "Escape") return this.setCursor(null);
    const jump = { ArrowLeft: -1, ArrowRight: 1, PageUp: 10, PageDown: -10, Home: -Infinity, End: Infinity }[event.key];
    if (jump === undefined || !longest) return;
    event.preventDefault();
    this.tip.classList.add("mi-live"); // whoever reads with keys may be listening
    const pace = Math.max(1, Math.round(longest.count / 100));
    const from = this.cursor === null ? longest.count - 1 - jump * pace : longest.at(this.cursor);
    const index = Math.max(0, Math.min(longest.count - 1, from + jump * pace));
    this.setCursor(longest.step[Number.isNaN(index) ? longest.count - 1 : index]);
  }

  showCursor() {
    const shown = this.cursor !== null && this.geometry && this.visible.some(({ count }) => count);
    this.line.hidden = this.tip.hidden = !shown;
    if (!shown) return;
    const reach = this.visible.reduce((most, curve) => (curve.count ? Math.max(most, curve.step[curve.count - 1]) : most), 0);
    const { box, toX } = this.geometry;
    const x = toX(this.cursor);
    this.line.style.cssText = `left:${x}px; top:${box.top}px; height:${box.bottom - box.top}px`;
    this.fillTip(Math.min(this.cursor, reach));
    const wide = this.plot.clientWidth;
    const left = x > wide / 2 ? x - this.tip.offsetWidth - 12 : x + 12;
    this.tip.style.left = `${Math.max(0, Math.min(wide - this.tip.offsetWidth, left))}px`;
    const narrow = this.root.classList.contains("mi-chart-narrow"); // there the tip would hide the lines it reads
    this.tip.style.top = `${narrow ? box.bottom - this.tip.offsetHeight - 4 : box.top + 4}px`;
  }

  // One row a curve: mean, range over the replicates, and beside it what the perfect critic shows at that step.
  fillTip(step) {
    const cell = (className, text = "") => {
      const node = element("span", className);
      node.textContent = text;
      return node;
    };
    const readings = new Map();
    let shownStep = 0;
    for (const curve of this.visible) {
      const index = curve.at(step);
      if (index < 0) continue;
      readings.set(curve.key, [curve.mean[index], curve.low[index], curve.high[index]]);
      shownStep = Math.max(shownStep, curve.step[index]);
    }
    const perfect = [...readings.keys()].some((key) => key.startsWith("perfect:"));
    const cells = [
      cell("mi-tip-title", `step ${shownStep.toLocaleString("en")}`),
      cell("mi-tip-head", "mean"), cell("mi-tip-head mi-tip-range", "range"), cell("mi-tip-head", perfect ? "perfect critic" : ""),
    ];
    for (const { key, label, style, kind } of this.visible) {
      if (kind === "perfect" || !readings.has(key)) continue;
      const [mean, low, high] = readings.get(key);
      const best = readings.get(`perfect:${key}`)?.[0];
      const range = high > low ? this.between(low, high) : "";
      const bracket = kind === "bracket";
      cells.push(
        swatch(bracket ? "mi-swatch-bracket" : `mi-style-${style}`), cell("mi-tip-name", label),
        cell("mi-tip-value", bracket ? "" : this.number(mean)),
        cell("mi-tip-range", range), cell("mi-tip-perfect", best === undefined ? "" : this.number(best)),
      );
    }
    const known = [["truth", "mi-swatch-truth", "true MI"], ["ceiling", "mi-swatch-ceiling", "log K"]];
    for (const [trait, mark, label] of known) {
      const stairs = this.stairs(trait);
      if (!stairs.length) continue;
      cells.push(swatch(mark), cell("mi-tip-name", label), cell("mi-tip-value", this.number(stairAt(stairs, step))), cell("mi-tip-range"), cell("mi-tip-perfect"));
    }
    this.tip.replaceChildren(...cells);
  }

  remove() {
    cancelAnimationFrame(this.request);
    clearTimeout(this.retry);
    this.table.remove();
    for (const clean of this.cleanups) clean();
  }
}

export default {
  initialize({ model }) {
    storeOf(model);
  },
  render({ model, el }) {
    const view = new View(model, el);
    return () => view.remove();
  },
};
