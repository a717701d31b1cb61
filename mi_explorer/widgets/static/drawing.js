// A small picture of a few hundred numbers: points, outlines of histograms, maps. The browser draws it, since thirty pages whose
// pictures are drawn where their kernels are leave no time for anything else there.

// Purple below nought, orange above: PuOr of ColorBrewer, turned round.
const LOW_TO_HIGH = ["2d004b", "542788", "8073ac", "b2abd2", "d8daeb", "f7f7f7", "fee0b6", "fdb863", "e08214", "b35806", "7f3b08"].map(
  (hex) => [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)),
);
const NARROW = 520; // pixels below which two panels stand one above the other
const TRIES = 8; // a quarter of a second apart, to draw what is hidden

const floats = (view) => new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));

// The colour of a share between 0 and 1.
function colourOf(share) {
  const place = Math.max(0, Math.min(1, share)) * (LOW_TO_HIGH.length - 1);
  const below = Math.min(Math.floor(place), LOW_TO_HIGH.length - 2);
  const mixed = LOW_TO_HIGH[below].map((value, i) => Math.round(value + (place - below) * (LOW_TO_HIGH[below + 1][i] - value)));
  return `rgb(${mixed})`;
}

const inkOf = (style, theme) => (style === null ? theme.fg : theme.colors[style % STYLE_COUNT]);

const MARKS = {
  points(ctx, mark, toX, toY, theme) {
    const [x, y] = [floats(mark.x), floats(mark.y)];
    ctx.globalAlpha = 0.6;
    ctx.fillStyle = inkOf(mark.style, theme);
    x.forEach((value, i) => {
      ctx.beginPath();
      ctx.arc(toX(value), toY(y[i]), 2, 0, 2 * Math.PI);
      ctx.fill();
    });
  },
  steps(ctx, mark, toX, toY, theme) {
    const [edges, heights] = [floats(mark.edges), floats(mark.heights)];
    ctx.beginPath();
    ctx.moveTo(toX(edges[0]), toY(0));
    heights.forEach((height, i) => {
      ctx.lineTo(toX(edges[i]), toY(height));
      ctx.lineTo(toX(edges[i + 1]), toY(height));
    });
    ctx.lineTo(toX(edges.at(-1)), toY(0));
    ctx.fillStyle = ctx.strokeStyle = inkOf(mark.style, theme);
    if (mark.style === null) {
      ctx.globalAlpha = 0.16;
      ctx.fill();
      ctx.globalAlpha = 1;
    }
    ctx.lineWidth = 1.75;
    ctx.setLineDash(mark.style === null ? [] : theme.dashes[mark.style % STYLE_COUNT]);
    ctx.stroke();
  },
  upright(ctx, mark, toX, toY, theme, box) {
    ctx.strokeStyle = theme.fg;
    ctx.lineWidth = 2;
    ctx.setLineDash([8, 5]);
    ctx.beginPath();
    ctx.moveTo(toX(mark.x), box.top);
    ctx.lineTo(toX(mark.x), box.bottom);
    ctx.stroke();
  },
  cells(ctx, mark, toX, toY) {
    const [x, y, values] = [floats(mark.x), floats(mark.y), floats(mark.values)];
    const [across, up] = [[...x].map((edge) => Math.round(toX(edge))), [...y].map((edge) => Math.round(toY(edge)))];
    const rows = y.length - 1;
    values.forEach((value, place) => {
      if (!Number.isFinite(value)) return;
      const [i, j] = [Math.floor(place / rows), place % rows];
      ctx.fillStyle = colourOf((value / mark.reach + 1) / 2);
      ctx.fillRect(across[i], up[j + 1], across[i + 1] - across[i], up[j] - up[j + 1]);
    });
  },
};

function write(value, step) {
  return value.toFixed(decimals(step)).replace("-", "−");
}

function drawPanel(ctx, panel, frame, theme) {
  const { zoom } = theme;
  const font = (size, weight = 400) => `${weight} ${size * zoom}px ${theme.font}`;
  const box = { left: frame.left + 52 * zoom, top: frame.top + (panel.title ? 28 : 8) * zoom, right: frame.right - 10, bottom: frame.bottom - 42 * zoom };
  const [[x0, x1], [y0, y1]] = [panel.x_range, panel.y_range];
  const toX = (x) => box.left + ((x - x0) / (x1 - x0)) * (box.right - box.left);
  const toY = (y) => box.bottom - ((y - y0) / (y1 - y0)) * (box.bottom - box.top);
  ctx.save();
  ctx.beginPath();
  ctx.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
  ctx.clip();
  for (const mark of panel.marks) {
    ctx.save();
    MARKS[mark.kind](ctx, mark, toX, toY, theme, box);
    ctx.restore();
  }
  ctx.restore();

  ctx.lineWidth = 1;
  ctx.strokeStyle = theme.edge;
  ctx.beginPath();
  ctx.moveTo(Math.round(box.left) + 0.5, box.top);
  ctx.lineTo(Math.round(box.left) + 0.5, Math.round(box.bottom) + 0.5);
  ctx.lineTo(box.right, Math.round(box.bottom) + 0.5);
  ctx.stroke();
  ctx.fillStyle = theme.muted;
  ctx.font = font(12);
  ctx.textAlign = "center";
  ctx.textBaseline = "top";
  const xStep = niceStep(x1 - x0, Math.max(3, (box.right - box.left) / (70 * zoom)));
  for (const value of ticks(x0, x1, xStep)) {
    ctx.fillRect(Math.round(toX(value)), box.bottom, 1, 5);
    ctx.fillText(write(value, xStep), toX(value), box.bottom + 8);
  }
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  const yStep = niceStep(y1 - y0, Math.max(3, (box.bottom - box.top) / (45 * zoom)));
  for (const value of ticks(y0, y1, yStep)) {
    ctx.fillRect(box.left - 5, Math.round(toY(value)), 5, 1);
    ctx.fillText(write(value, yStep), box.left - 9, toY(value));
  }
  ctx.textAlign = "center";
  ctx.textBaseline = "bottom";
  ctx.fillText(panel.x_label, (box.left + box.right) / 2, frame.bottom - 2);
  ctx.save();
  ctx.translate(frame.left + 2, (box.top + box.bottom) / 2);
  ctx.rotate(-Math.PI / 2);
  ctx.textBaseline = "top";
  ctx.fillText(panel.y_label, 0, 0);
  ctx.restore();
  if (panel.title) {
    ctx.fillStyle = theme.fg;
    ctx.font = font(13, 600);
    ctx.textBaseline = "top";
    ctx.fillText(panel.title, (box.left + box.right) / 2, frame.top + 4);
  }
}

// The colours' meaning, as a bar at the right.
function drawBar(ctx, { reach, label }, frame, theme) {
  const { zoom } = theme;
  const [left, right, top, bottom] = [frame.left + 6, frame.left + 6 + 14 * zoom, frame.top + 28 * zoom, frame.bottom - 42 * zoom];
  for (let y = top; y < bottom; y++) {
    ctx.fillStyle = colourOf((bottom - y) / (bottom - top));
    ctx.fillRect(left, y, right - left, 1);
  }
  ctx.fillStyle = theme.muted;
  ctx.font = `400 ${12 * zoom}px ${theme.font}`;
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  const step = niceStep(2 * reach, 6);
  for (const value of ticks(-reach, reach, step)) ctx.fillText(write(value, step), right + 5, bottom - ((value / reach + 1) / 2) * (bottom - top));
  ctx.textBaseline = "top";
  ctx.fillText(label, left, frame.top + 6);
}

class Drawing {
  constructor(model, el) {
    this.model = model;
    this.root = element("div", "mi-drawing");
    this.legend = element("div", "mi-drawing-legend");
    this.plot = element("div", "mi-drawing-plot", { role: "img" });
    this.canvas = element("canvas", "mi-canvas");
    this.hint = element("p", "mi-muted");
    this.plot.append(this.canvas);
    this.root.append(this.hint, this.legend, this.plot);
    el.append(this.root);
    this.redraw = () => {
      this.tries = TRIES;
      this.schedule();
    };
    model.on("change:scene", this.redraw);
    this.ends = watchLook(this.root, this.redraw);
    this.redraw();
  }

  schedule() {
    this.request ??= requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.request = null;
    const { hint, panels, legend, scale, alternative } = this.model.get("scene");
    this.hint.textContent = hint ?? "";
    this.hint.hidden = !hint;
    this.plot.hidden = this.legend.hidden = !panels;
    if (!panels) return;
    this.plot.setAttribute("aria-label", alternative);
    this.legend.replaceChildren(
      ...legend.map(([name, style]) => {
        const entry = element("span", "mi-drawing-entry");
        entry.append(swatch(style === null ? "" : `mi-style-${style % STYLE_COUNT}`), name);
        return entry;
      }),
    );
    const theme = readTheme(this.root);
    const stacked = panels.length > 1 && this.root.clientWidth < NARROW * theme.zoom;
    const wide = Math.min(this.root.clientWidth, (panels.length > 1 ? 900 : 620) * theme.zoom);
    const each = stacked || panels.length === 1 ? 0.72 * wide : 0.46 * wide;
    this.plot.style.cssText = `width:${wide}px; height:${stacked ? each * panels.length : each}px`;
    const ground = prepare(this.canvas, this.plot);
    if (!ground) {
      // In a tab that is closed, it hears when it can be seen. But JupyterLab hides everything while it changes its theme, too briefly for that.
      if (this.tries-- > 0) this.retry = setTimeout(() => this.schedule(), 250);
      return;
    }
    const { ctx, width, height } = ground;
    ctx.clearRect(0, 0, width, height);
    const bar = scale ? 60 * theme.zoom : 0;
    const [across, down] = stacked ? [1, panels.length] : [panels.length, 1];
    panels.forEach((panel, i) => {
      const [column, row] = stacked ? [0, i] : [i, 0];
      const [w, h] = [(width - bar) / across, height / down];
      drawPanel(ctx, panel, { left: column * w, top: row * h, right: (column + 1) * w, bottom: (row + 1) * h }, theme);
    });
    if (scale) drawBar(ctx, scale, { left: width - bar, top: 0, bottom: height / down }, theme);
    this.root.dataset.drawn = 1 + Number(this.root.dataset.drawn ?? 0);
  }

  remove() {
    cancelAnimationFrame(this.request);
    clearTimeout(this.retry);
    this.model.off("change:scene", this.redraw);
    this.ends();
  }
}

export default {
  render({ model, el }) {
    const drawing = new Drawing(model, el);
    return () => drawing.remove();
  },
};
