// Draws one frame of the live chart on a canvas. Knows numbers and colours, not the widget.

const BAND_OPACITY = 0.15;
const BRACKET_OPACITY = 0.09;
const NOISE_OPACITY = 0.17; // the line through every point, behind the smoothed one
const SMOOTHING = 4; // pixels to either side

// Ticks at 1, 2 or 5 times a power of ten.
function niceStep(span, count) {
  const rough = Math.max(span, 1e-9) / Math.max(count, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5].find((m) => m * power >= rough) ?? 10);
}

function ticks(low, high, step) {
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

const decimals = (step) => Math.max(0, Math.min(6, -Math.floor(Math.log10(step) + 1e-9)));

// The value of a staircase of [step, value] pairs at a step.
function stairAt(stairs, step) {
  let value = stairs.length ? stairs[0][1] : NaN;
  for (const [from, level] of stairs) if (from <= step) value = level;
  return value;
}

const highest = (stairs) => stairs.reduce((top, [, value]) => Math.max(top, value), -Infinity);

// The range of y. It follows the truth and the lines, but a curve that runs away must not flatten the others, and a
// ceiling far above everything is named rather than shown.
function yRange(truth, ceiling, traces) {
  const known = Math.max(highest(truth), 1);
  const cap = highest(ceiling);
  const showCeiling = Number.isFinite(cap) && cap <= 1.5 * known + 0.5;
  const anchor = showCeiling ? Math.max(known, cap) : known;
  let [low, high] = [0, anchor];
  for (const { line } of traces)
    for (const [, mean] of line) {
      if (mean < low) low = Math.max(mean, -Math.max(1, 0.35 * anchor));
      if (mean > high) high = Math.min(mean, 1.5 * anchor + 0.5);
    }
  const half = niceStep(high - low, 6) / 2; // whole half ticks: the axis does not tremble
  const top = Math.ceil((high * 1.04) / half) * half;
  const bottom = low < -0.06 * anchor ? Math.floor((low * 1.04) / half) * half : -0.04 * anchor;
  const clipped = traces.some(({ curve }) => curve.most > top || curve.least < bottom - 0.06 * anchor);
  return { bottom, top, showCeiling, clipped };
}

// At most two points a pixel column (the extremes in their order), so that a long run costs no more than a short one.
function thin(curve, toX, width) {
  const { count, step, mean, low, high } = curve;
  const points = [];
  if (count <= 2 * width) {
    for (let i = 0; i < count; i++) points.push([toX(step[i]), mean[i], low[i], high[i]]);
    return points;
  }
  for (let i = 0; i < count; ) {
    const column = Math.round(toX(step[i]));
    let [least, most, low1, high1] = [i, i, Infinity, -Infinity];
    let j = i;
    for (; j < count && Math.round(toX(step[j])) === column && Number.isFinite(mean[j]); j++) {
      if (mean[j] < mean[least]) least = j;
      if (mean[j] > mean[most]) most = j;
      low1 = Math.min(low1, low[j]);
      high1 = Math.max(high1, high[j]);
    }
    if (j === i) {
      points.push([column, NaN, NaN, NaN]);
      i += 1;
      continue;
    }
    for (const k of least === most ? [least] : [Math.min(least, most), Math.max(least, most)])
      points.push([column, mean[k], low1, high1]);
    i = j;
  }
  return points;
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

// The median of mean, low and high over the pixels around each point: the line that the eye follows through the noise.
// A median, because a single exploding step would pull a mean away from where the curve is at all other steps.
function smooth(points, reach) {
  let [first, end] = [0, 0];
  return points.map((point) => {
    if (!Number.isFinite(point[1])) return point;
    while (points[first][0] < point[0] - reach) first += 1;
    while (end < points.length && points[end][0] <= point[0] + reach) end += 1;
    const near = points.slice(first, end).filter(([, mean]) => Number.isFinite(mean));
    return [point[0], ...[1, 2, 3].map((row) => median(near.map((values) => values[row])))];
  });
}

// Runs of neighbouring points that are all finite: NaN is a gap.
function* stretches(points) {
  let stretch = [];
  for (const point of points) {
    if (Number.isFinite(point[1])) stretch.push(point);
    else if (stretch.length) {
      yield stretch;
      stretch = [];
    }
  }
  if (stretch.length) yield stretch;
}

function strokeCurve(ctx, points, toY) {
  ctx.beginPath();
  for (const stretch of stretches(points)) {
    stretch.forEach(([x, y], i) => (i ? ctx.lineTo(x, toY(y)) : ctx.moveTo(x, toY(y))));
    if (stretch.length === 1) ctx.lineTo(stretch[0][0] + 0.01, toY(stretch[0][1]));
  }
  ctx.stroke();
}

function fillBand(ctx, points, toY) {
  for (const stretch of stretches(points)) {
    if (!stretch.some(([, , low, high]) => high > low)) continue;
    ctx.beginPath();
    stretch.forEach(([x, , , high], i) => (i ? ctx.lineTo(x, toY(high)) : ctx.moveTo(x, toY(high))));
    for (let i = stretch.length - 1; i >= 0; i--) ctx.lineTo(stretch[i][0], toY(stretch[i][2]));
    ctx.fill();
  }
}

function strokeStairs(ctx, stairs, toX, toY, xMax) {
  ctx.beginPath();
  stairs.forEach(([step, value], i) => {
    const until = i + 1 < stairs.length ? stairs[i + 1][0] : xMax;
    const from = i ? step : 0;
    i ? ctx.lineTo(toX(from), toY(value)) : ctx.moveTo(toX(from), toY(value));
    ctx.lineTo(toX(Math.max(from, until)), toY(value));
  });
  ctx.stroke();
}

// Draws everything; returns the geometry that the crosshair needs, and where each curve's line stands now.
function drawPlot(ctx, width, height, scene, theme) {
  const { truth, ceiling, visible, scale, unit } = scene;
  const narrow = width < 520;
  const font = (size, weight = 400) => `${weight} ${size * theme.zoom}px ${theme.font}`;
  const box = { left: (narrow ? 30 : 58) * theme.zoom, top: 14, right: width - 12, bottom: height - 44 * theme.zoom };
  const toX = (x) => box.left + (x / scene.xMax) * (box.right - box.left);
  const traces = visible.map((curve) => {
    const points = thin(curve, toX, box.right - box.left);
    return { curve, color: theme.colors[curve.style], points, line: scene.smooth ? smooth(points, SMOOTHING) : points };
  });
  const range = yRange(truth, ceiling, traces);
  const toY = (y) => {
    const at = box.bottom - ((y - range.bottom) / (range.top - range.bottom)) * (box.bottom - box.top);
    return Math.max(-1e4, Math.min(1e4, at)); // an exploding value must stay a number that canvas can draw
  };
  const step = niceStep((range.top - range.bottom) * scale, Math.max(3, Math.round(height / 70)));
  const yTicks = ticks(range.bottom * scale, range.top * scale, step);

  ctx.font = font(12);
  ctx.clearRect(0, 0, width, height);
  ctx.lineWidth = 1;
  ctx.strokeStyle = theme.grid;
  ctx.fillStyle = theme.muted;
  ctx.textBaseline = "middle";
  ctx.textAlign = "right";
  yTicks.forEach((value) => {
    const y = Math.round(toY(value / scale)) + 0.5;
    ctx.beginPath();
    ctx.moveTo(box.left, y);
    ctx.lineTo(box.right, y);
    ctx.stroke();
    ctx.fillText(value.toFixed(decimals(step)).replace("-", "−"), box.left - 8, y);
  });
  ctx.textBaseline = "top";
  const xStep = Math.max(1, niceStep(scene.xMax, Math.max(2, Math.min(10, width / 95))));
  for (const value of ticks(0, scene.xMax, xStep)) {
    const x = Math.round(toX(value)) + 0.5;
    ctx.beginPath();
    ctx.moveTo(x, box.bottom);
    ctx.lineTo(x, box.bottom + 5);
    ctx.stroke();
    ctx.textAlign = value === 0 ? "left" : x > box.right - 14 ? "right" : "center";
    ctx.fillText(value.toLocaleString("en"), value === 0 ? x - 3 : x, box.bottom + 9);
  }
  ctx.strokeStyle = theme.edge;
  ctx.beginPath();
  ctx.moveTo(box.left, Math.round(toY(0)) + 0.5);
  ctx.lineTo(box.right, Math.round(toY(0)) + 0.5);
  ctx.stroke();
  ctx.textAlign = "center";
  ctx.fillText("training step", (box.left + box.right) / 2, height - 16 * theme.zoom);
  if (!narrow) {
    ctx.save();
    ctx.translate(12 * theme.zoom, (box.top + box.bottom) / 2);
    ctx.rotate(-Math.PI / 2);
    ctx.textBaseline = "middle";
    ctx.fillText(`estimate (${unit})`, 0, 0);
    ctx.restore();
  }

  ctx.save();
  ctx.beginPath();
  ctx.rect(box.left, box.top - 6, box.right - box.left + 6, box.bottom - box.top + 12);
  ctx.clip();
  ctx.lineJoin = "round";
  const curves = traces.filter(({ curve }) => curve.kind === "curve");
  ctx.fillStyle = ctx.strokeStyle = theme.fg;
  ctx.lineWidth = 1;
  for (const { points } of traces.filter(({ curve }) => curve.kind === "bracket")) {
    ctx.globalAlpha = BRACKET_OPACITY;
    fillBand(ctx, points, toY);
    ctx.globalAlpha = 0.5;
    for (const row of [2, 3]) strokeCurve(ctx, points.map((point) => [point[0], point[row]]), toY);
  }
  for (const { color, line } of curves) {
    ctx.globalAlpha = BAND_OPACITY;
    ctx.fillStyle = color;
    fillBand(ctx, line, toY);
  }
  ctx.lineWidth = 1;
  for (const { color, points } of scene.smooth ? curves : []) {
    ctx.globalAlpha = NOISE_OPACITY;
    ctx.strokeStyle = color;
    strokeCurve(ctx, points, toY);
  }
  for (const { curve, color, line } of traces.filter(({ curve }) => curve.kind !== "bracket")) {
    const perfect = curve.kind === "perfect";
    ctx.globalAlpha = perfect ? 0.75 : 1;
    ctx.strokeStyle = color;
    ctx.lineWidth = perfect ? 1 : 2.25;
    ctx.setLineDash(perfect ? [] : theme.dashes[curve.style]);
    strokeCurve(ctx, line, toY);
  }
  ctx.globalAlpha = 1;
  ctx.setLineDash([]);
  for (const { color, line } of curves) {
    const end = line.at(-1);
    if (!end || !Number.isFinite(end[1])) continue;
    ctx.beginPath();
    ctx.arc(end[0], toY(end[1]), 3.5, 0, 2 * Math.PI);
    ctx.fillStyle = color;
    ctx.fill();
    ctx.lineWidth = 1.5;
    ctx.strokeStyle = theme.card;
    ctx.stroke();
  }
  ctx.strokeStyle = ctx.fillStyle = theme.fg;
  ctx.lineWidth = 1.5;
  if (range.showCeiling) {
    ctx.setLineDash([1.5, 4]);
    strokeStairs(ctx, ceiling, toX, toY, scene.xMax);
  }
  ctx.lineWidth = 2;
  ctx.setLineDash([8, 5]);
  strokeStairs(ctx, truth, toX, toY, scene.xMax);
  ctx.restore();

  drawNames(ctx, box, toY, scene, range, theme, font);
  const ends = new Map(curves.map(({ curve, line }) => [curve, line.at(-1)?.[1]]));
  return { ...range, box, toX, toY, ends };
}

// Direct labels of the two reference lines at the right edge, on a plate of the card's colour, never on each other.
function drawNames(ctx, box, toY, scene, range, theme, font) {
  const { truth, ceiling, scale } = scene;
  const names = [];
  if (truth.length) names.push([`true MI ${(truth.at(-1)[1] * scale).toFixed(2)}`, truth.at(-1)[1], 600]);
  if (ceiling.length) {
    const text = `log K = ${(ceiling.at(-1)[1] * scale).toFixed(2)}`;
    names.push(range.showCeiling ? [text, ceiling.at(-1)[1], 400] : [`${text} ↑`, range.top, 400]);
  }
  names.sort((a, b) => b[1] - a[1]);
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  const close = names.length === 2 && toY(names[1][1]) - toY(names[0][1]) < 36 * theme.zoom;
  names.forEach(([text, value, weight], i) => {
    ctx.font = font(12, weight);
    const width = ctx.measureText(text).width;
    // above its line; the lower of two close names goes below its line
    const y = Math.max(box.top + 4, Math.min(box.bottom - 10, toY(value) + (close && i === 1 ? 13 : -12) * theme.zoom));
    ctx.globalAlpha = 0.82;
    ctx.fillStyle = theme.card;
    ctx.fillRect(box.right - width - 8, y - 8 * theme.zoom, width + 8, 16 * theme.zoom);
    ctx.globalAlpha = 1;
    ctx.fillStyle = theme.fg;
    ctx.fillText(text, box.right - 3, y);
  });
}
