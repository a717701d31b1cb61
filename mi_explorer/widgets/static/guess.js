// The line that a visitor drags on the live chart to say where a curve will settle: a slider, by pointer and by keyboard.

class GuessLine {
  // number(nats): as text in the current unit. The chart calls place() after each drawing.
  constructor(model, plot, number) {
    Object.assign(this, { model, plot, number, geometry: null, local: null });
    this.node = document.createElement("div");
    this.node.className = "mi-guess";
    this.node.setAttribute("role", "slider");
    this.node.setAttribute("aria-orientation", "vertical");
    this.tag = document.createElement("span");
    this.tag.className = "mi-guess-tag";
    this.node.append(this.tag);
    this.node.addEventListener("pointerdown", (event) => this.grab(event));
    this.node.addEventListener("keydown", (event) => this.onKey(event));
  }

  get bits() {
    return this.model.get("unit") === "bits";
  }

  get value() {
    return this.local ?? this.model.get("guess");
  }

  // Where the line lies before it has been touched: in the middle of the chart, so as not to suggest anything.
  get shown() {
    return this.value ?? (this.geometry.bottom + this.geometry.top) / 2;
  }

  place(geometry) {
    this.geometry = geometry;
    const guessing = this.model.get("guessing");
    this.node.hidden = !geometry || (!guessing && this.value === null);
    if (this.node.hidden) return;
    const { box, toY, bottom, top } = geometry;
    const value = Math.max(bottom, Math.min(top, this.shown));
    this.node.style.cssText = `left:${box.left}px; width:${box.right - box.left}px; top:${toY(value) - 14}px`;
    this.node.classList.toggle("mi-guess-fixed", !guessing);
    this.node.tabIndex = guessing ? 0 : -1;
    const scale = this.bits ? 1 / Math.LN2 : 1;
    const text = `${this.number(this.shown)} ${this.model.get("unit")}`;
    this.tag.textContent = this.value === null ? "drag me: your guess" : `your guess ${this.number(this.shown)}`;
    const facts = { label: this.model.get("guess_label"), valuemin: (bottom * scale).toFixed(2), valuemax: (top * scale).toFixed(2),
      valuenow: (value * scale).toFixed(2), valuetext: text, disabled: String(!guessing) };
    for (const [name, fact] of Object.entries(facts))
      if (this.node.getAttribute(`aria-${name}`) !== fact) this.node.setAttribute(`aria-${name}`, fact);
  }

  move(nats) {
    this.local = Math.max(this.geometry.bottom, Math.min(this.geometry.top, nats));
    this.place(this.geometry);
  }

  commit() {
    if (this.local === null) return;
    this.model.set("guess", Number(this.local.toFixed(4)));
    this.model.save_changes();
    this.local = null;
  }

  grab(event) {
    if (!this.model.get("guessing")) return;
    event.preventDefault();
    event.stopPropagation();
    this.node.focus();
    this.node.setPointerCapture(event.pointerId);
    const follow = (at) => {
      const { box, bottom, top } = this.geometry;
      const y = at.clientY - this.plot.getBoundingClientRect().top;
      this.move(bottom + ((box.bottom - y) / (box.bottom - box.top)) * (top - bottom));
    };
    const drop = () => {
      for (const [name, listener] of Object.entries(listeners)) this.node.removeEventListener(name, listener);
      this.commit();
    };
    const listeners = { pointermove: follow, pointerup: drop, pointercancel: drop };
    for (const [name, listener] of Object.entries(listeners)) this.node.addEventListener(name, listener);
  }

  onKey(event) {
    const { bottom, top } = this.geometry;
    const step = (this.bits ? Math.LN2 : 1) / 20;
    const by = { ArrowUp: step, ArrowRight: step, ArrowDown: -step, ArrowLeft: -step, PageUp: 5 * step, PageDown: -5 * step }[event.key];
    const to = by === undefined ? { Home: 0, End: top }[event.key] : this.shown + by;
    if (to === undefined || !this.model.get("guessing")) return;
    event.preventDefault();
    event.stopPropagation(); // the plot has keys of its own
    this.move(to);
    this.commit();
  }
}
