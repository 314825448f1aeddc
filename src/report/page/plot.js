// One plot: axes, series, read-out under the pointer, and the time cursor where x is time.
//
// create(spec) returns {figure, update(changes)}. What a spec may hold:
//   title, note, legend   caption, muted words after it; legend: false where another plot's serves
//   x, series             [{name, y, colour, draw: 'line' | 'points' | 'bars', spread}]; spread: a bar up and down from each
//                         point; shift: pixels to the right, so that bars stand side by side; low, high: the ends of
//                         a band that is shaded behind all lines
//   xLabel, yLabel, xUnit words below and above; xUnit goes behind the last tick
//   xRange, yRange, zero  fixed ranges, or whether the y axis reaches 0
//   xLog, yLog, xTicks    logarithmic axes, of numbers above 0 alone; [[value, text], ...] in the place of round numbers
//   bands, rules          [[from, to], ...] shaded along x; [y, ...] lines across; diagonal: y = x
//   rows, body            names instead of a y axis; body(scale) returns what is drawn there
//   time                  x is the episode's time: cursor, and a click seeks
//   heading, extra        (index) => the read-out's first line; => more rows for it
const Plot = (() => {
const {svg, muted, finite, short, ticks, tickTexts, extent, nearest, h} = Dom;
const RIGHT = 12, LINE = 13, CHARACTER = 6.2;  // px: right margin, a line of text, a character of it

function yRange(spec) {
  if (spec.rows) return [spec.rows.length, 0];
  if (spec.yRange) return spec.yRange;
  const ends = spec.series.flatMap(({y, spread, low, high}) =>
    spread ? [y.map((value, i) => value - spread[i]), y.map((value, i) => value + spread[i])] : low ? [y, low, high] : [y]);
  const [low, high] = extent(...ends, spec.zero ? [0] : []) || [0, 1];
  const pad = (high - low || Math.abs(high) || 1) * 0.06;
  return [spec.zero && low === 0 ? 0 : low - pad, spec.zero && high === 0 && low < 0 ? 0 : high + pad];
}

/// How much of the way from one end of an axis to the other a value is.
function share(from, to, log) {
  if (log) return (value) => Math.log(value / from) / (Math.log(to / from) || 1);
  return (value) => (value - from) / (to - from || 1);
}

/// Powers of ten, about `count` of them; 1, 2 and 5 times them where there are fewer than three.
function logTicks(low, high, count) {
  const from = Math.floor(Math.log10(low)), to = Math.ceil(Math.log10(high));
  const inside = (value) => value > low * (1 - 1e-9) && value < high * (1 + 1e-9);
  const every = Math.max(1, Math.ceil((to - from) / count));
  const exponents = Array.from({length: to - from + 1}, (_, k) => from + k);
  const powers = exponents.filter((k) => k % every === 0).map((k) => 10 ** k).filter(inside);
  if (powers.length > 2 || every > 1) return powers;
  return exponents.flatMap((k) => [1, 2, 5].map((factor) => Number(`${factor}e${k}`))).filter(inside);
}

/// [value, text] of an axis' ticks.
function labelled(low, high, count, log) {
  if (!log) {
    const values = ticks(low, high, count), texts = tickTexts(values);
    return values.map((value, k) => [value, texts[k]]);
  }
  const written = (value) => value < 1e4 ? short(value) : value.toExponential().replace('+', '');
  return logTicks(low, high, count).map((value) => [value, written(value)]);
}

/// Where numbers lie in pixels, for a plot so wide.
function layOut(spec, width) {
  const left = spec.left || 49;
  const top = spec.yLabel ? LINE + 4 : 5;
  const bottom = (spec.noTicks ? 4 : LINE + 5) + (spec.xLabel ? LINE + 1 : 0);
  const inner = Math.max(20, width - left - RIGHT);
  const fullHeight = spec.square ? inner + top + bottom : spec.height || 130;
  const [x0, x1] = spec.xRange || extent(spec.x) || [0, 1];
  const [y0, y1] = yRange(spec);
  const height = fullHeight - top - bottom;
  const along = share(x0, x1, spec.xLog), up = share(y0, y1, spec.yLog);
  return {
    left, top, width: inner, height, fullHeight, x0, x1, y0, y1,
    x: (value) => along(value) * inner,
    y: (value) => height - up(value) * height,
    xAt: (part) => spec.xLog ? x0 * (x1 / x0) ** part : x0 + part * (x1 - x0),
  };
}

function xAxis(spec, s) {
  const right = s.left + s.width, floor = s.top + s.height;
  const marks = spec.xTicks || labelled(s.x0, s.x1, Math.max(3, s.width / 60), spec.xLog);
  const values = marks.map(([value]) => value), texts = marks.map(([, words]) => words);
  if (spec.xUnit && texts.length) texts[texts.length - 1] += ' ' + spec.xUnit;
  // From the right, and only what leaves its neighbour room: the last one wears the unit.
  let out = '', taken = Infinity;
  for (let k = values.length - 1; k >= 0; --k) {
    const x = s.left + s.x(values[k]), half = CHARACTER / 2 * texts[k].length;
    const centre = Math.min(x, right + RIGHT - half);
    out += svg.line('tick', x, floor, x, floor + 3);
    if (centre + half > taken - 5) continue;
    out += svg.text(centre, floor + LINE + 2, texts[k], 'middle');
    taken = centre - half;
  }
  return out;
}

function axes(spec, s) {
  const right = s.left + s.width, floor = s.top + s.height;
  let out = '';
  if (spec.rows) {
    out += spec.rows.map((name, row) => svg.text(s.left - 6, s.top + s.y(row + 0.5) + 4, name, 'end')).join('');
  } else {
    out += labelled(s.y0, s.y1, Math.max(2, s.height / 28), spec.yLog).map(([value, words]) => {
      const y = s.top + s.y(value);
      return svg.line('grid', s.left, y, right, y) + svg.text(s.left - 5, y + 4, words, 'end');
    }).join('');
  }
  if (!spec.noTicks) out += xAxis(spec, s);
  if (spec.xLabel) out += svg.text(s.left + s.width / 2, s.fullHeight - 3, spec.xLabel, 'middle');
  if (spec.yLabel) out += svg.text(2, 10, spec.yLabel);
  return out + svg.line('axis', s.left, floor, right, floor);
}

const draw = {
  line(spec, {y, colour, shift = 0}, s) {
    let path = '', drawn = false;
    for (let i = Math.max(0, spec.x.findIndex((x) => x >= s.x0) - 1); i < spec.x.length; ++i) {
      if (finite(y[i])) path += `${drawn ? 'L' : 'M'}${(s.x(spec.x[i]) + shift).toFixed(1)} ${s.y(y[i]).toFixed(1)}`;
      drawn = finite(y[i]);
      if (spec.x[i] > s.x1) break;
    }
    return `<path class="line ${colour}" d="${path}"/>`;
  },
  points(spec, series, s) {
    return draw.line(spec, series, s) + spec.x.map((at, i) => {
      const x = s.x(at) + (series.shift || 0), y = series.y[i], spread = series.spread ? series.spread[i] : null;
      if (!finite(y)) return '';
      const foot = spec.yLog ? Math.max(y - spread, s.y0) : y - spread;  // 0 has no place on a logarithmic axis
      return (finite(spread) ? svg.line('spread ' + series.colour, x, s.y(foot), x, s.y(y + spread)) : '') +
        svg.dot(series.colour, x, s.y(y), 2.5);
    }).join('');
  },
  bars(spec, {y, colour}, s) {
    const wide = Math.max(3, Math.min(12, s.width / spec.x.length * 0.6));
    return spec.x.map((x, i) => finite(y[i]) ? svg.rect(colour, s.x(x) - wide / 2, s.y(y[i]), wide, s.y(0) - s.y(y[i])) : '').join('');
  },
};

/// What lies between two curves, a piece wherever both are known.
function between(spec, {low, high, colour}, s) {
  const known = (i) => finite(low[i]) && finite(high[i]);
  const point = (i, y) => `${s.x(spec.x[i]).toFixed(1)} ${s.y(y[i]).toFixed(1)}`;
  let path = '';
  for (let from = 0; from < spec.x.length; ++from) {
    if (!known(from)) continue;
    let to = from;
    while (to + 1 < spec.x.length && known(to + 1)) ++to;
    const piece = Array.from({length: to - from + 1}, (_, k) => from + k);
    path += 'M' + piece.map((i) => point(i, high)).concat(piece.reverse().map((i) => point(i, low))).join('L') + 'Z';
    from = to;
  }
  return `<path class="between ${colour}" d="${path}"/>`;
}

function contents(spec, s) {
  return [
    ...(spec.bands || []).map(([from, to]) => {
      const x = Math.max(0, s.x(from));
      return svg.rect('band', x, 0, Math.max(0, Math.min(s.width, s.x(to)) - x), s.height);
    }),
    ...(spec.rules || []).map((y) => svg.line('rule', 0, s.y(y), s.width, s.y(y))),
    spec.diagonal ? svg.line('diagonal', s.x(s.x0), s.y(s.x0), s.x(s.x1), s.y(s.x1)) : '',
    spec.body ? spec.body(s) : '',
    ...spec.series.filter(({low}) => low).map((series) => between(spec, series, s)),
    ...spec.series.map((series) => draw[series.draw || 'line'](spec, series, s)),
  ].join('');
}

function legend(series) {
  return h('span', {class: 'legend'}, series.map(({name, colour}) => h('span', {}, h('i', {class: 'swatch ' + colour}), name)));
}

function create(spec) {
  const holder = h('div', {class: spec.time ? 'drawing seekable' : 'drawing'});
  const figure = h('figure', {}, spec.title && h('figcaption', {}, h('b', {}, spec.title),
    spec.note && muted(spec.note), spec.legend !== false && spec.series.length > 1 ? legend(spec.series) : null), holder);
  let scale = null;

  function redraw(width) {
    scale = layOut(spec, width);
    const {left, top, fullHeight, height} = scale;
    // The inner svg clips what is outside the window or range, with room for strokes at its edges.
    holder.innerHTML = svg.whole(spec.label || spec.title, width, fullHeight, axes(spec, scale) +
      `<svg x="${left}" y="${top - 3}" width="${scale.width}" height="${height + 4}"><g transform="translate(0 3)">${contents(spec, scale)}</g></svg>` +
      `<g class="hover" transform="translate(${left} ${top})"></g>` + (spec.time ? svg.line('cursor', 0, top, 0, top + height) : ''));
    if (spec.time) moveCursor(Clock.time);
  }

  function moveCursor(time) {
    const cursor = holder.querySelector('.cursor');
    if (!cursor) return;
    const shown = time >= scale.x0 && time <= scale.x1;
    cursor.setAttribute('visibility', shown ? 'visible' : 'hidden');
    if (shown) cursor.setAttribute('transform', `translate(${scale.left + scale.x(time)} 0)`);
  }

  function valueAt(event) {
    const part = (event.clientX - holder.getBoundingClientRect().left - scale.left) / scale.width;
    return scale.xAt(Math.min(0.999, Math.max(0, part)));
  }

  function hover(event) {
    if (!scale || !spec.x.length) return;
    const index = nearest(spec.x, valueAt(event)), x = scale.x(spec.x[index]);
    let marks = svg.line('mark', x, 0, x, scale.height);
    const rows = spec.series.map(({name, y, colour, spread, shift = 0, low, high}) => {
      const value = y[index];
      if (finite(value)) marks += svg.dot(colour, x + shift, scale.y(value), 3);
      const around = spread && finite(spread[index]) ? ' ± ' + short(spread[index]) : '';
      const ends = low && finite(low[index]) ? `, ${short(low[index])} to ${short(high[index])}` : '';
      return [colour, name, short(value) + around + ends];
    });
    holder.querySelector('.hover').innerHTML = marks;
    Dom.showReadout(event, spec.heading(index), rows.concat(spec.extra ? spec.extra(index) : []));
  }

  function leave() {
    Dom.hideReadout();
    if (scale) holder.querySelector('.hover').innerHTML = '';
  }

  holder.addEventListener('pointermove', (event) => {
    if (spec.time && event.buttons & 1) Clock.seek(valueAt(event));
    hover(event);
  });
  holder.addEventListener('pointerleave', leave);
  if (spec.time) {
    holder.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      if (event.pointerType === 'mouse') holder.setPointerCapture(event.pointerId);
      Clock.seek(valueAt(event));
    });
    Clock.onChange(moveCursor);
  }
  Dom.onWidth(holder, redraw);

  return {
    figure,
    update(changes) {
      Object.assign(spec, changes);
      if (scale) redraw(holder.drawnWidth);
    },
  };
}

return {create, legend};
})();
