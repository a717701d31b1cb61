// What everything drawn on a canvas shares: colours, type and line styles as the style sheet has them.

const STYLE_COUNT = 10;

function element(tag, className, attributes = {}) {
  const node = document.createElement(tag);
  node.className = className;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

function swatch(className) {
  return element("span", `mi-swatch ${className}`, { "aria-hidden": "true" });
}

function readTheme(root) {
  const style = getComputedStyle(root);
  const value = (name) => style.getPropertyValue(name).trim();
  const indices = Array.from({ length: STYLE_COUNT }, (_, i) => i);
  return {
    font: style.fontFamily,
    zoom: Number(value("--mi-zoom")) || 1, // the projector's large type
    ...Object.fromEntries(["fg", "muted", "grid", "edge", "card"].map((name) => [name, value(`--mi-${name}`)])),
    colors: indices.map((i) => value(`--mi-c${i}`)),
    dashes: indices.map((i) => value(`--mi-dash${i}`).split(" ").filter(Boolean).map(Number)),
  };
}

// A canvas over the whole of ``node``, as fine as the screen; its context, or null while the node cannot be seen.
function prepare(canvas, node) {
  const { width, height } = node.getBoundingClientRect();
  if (width < 10 || height < 10) return null;
  const ratio = window.devicePixelRatio || 1;
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide || canvas.height !== high) [canvas.width, canvas.height] = [wide, high];
  const ctx = canvas.getContext("2d");
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  return { ctx, width, height };
}

// Calls ``redraw`` when the size of ``node`` or the theme changes; returns what ends it.
function watchLook(node, redraw) {
  const sizes = new ResizeObserver(redraw);
  sizes.observe(node);
  const themes = new MutationObserver(redraw);
  for (const place of [document.documentElement, document.body])
    themes.observe(place, { attributes: true, attributeFilter: ["class", "data-mi-theme", "data-mi-projector", "data-jp-theme-light", "data-jp-theme-name"] });
  return () => {
    sizes.disconnect();
    themes.disconnect();
  };
}
