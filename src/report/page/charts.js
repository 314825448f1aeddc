// The two pictures that are no line plots: when which foot stands, and a number per command.
const Charts = (() => {
const {h, svg, muted, finite, fixed, short} = Dom;

/// Bars where a foot is on the floor, a row per foot. contact: [[0 | 1, one per foot], one per step]
function gait(names, contact, dt) {
  const feet = names.map((name, foot) => contact.map((flags) => flags[foot]));
  const duty = feet.map((flags) => fixed(100 * flags.filter((flag) => flag).length / flags.length, 0));
  return Plot.create({
    title: 'Gait', note: `bars: foot on the floor, ${duty.join(', ')} % of the time`,
    time: true, series: [], rows: names, xUnit: 's', left: 78, height: 26 + 22 * names.length,
    x: contact.map((flags, step) => step * dt), xRange: [0, contact.length * dt],
    // A thick line per foot, lifted off the paper wherever the foot is off the floor.
    body: (s) => feet.map((flags, foot) => `<path class="stance" d="${flags.map((flag, step) => !flag ? '' :
      `${step && flags[step - 1] ? '' : `M${s.x(step * dt).toFixed(1)} ${s.y(foot + 0.5).toFixed(1)}`}H${s.x((step + 1) * dt).toFixed(1)}`).join('')}"/>`).join(''),
    heading: (step) => fixed(step * dt, 2) + ' s',
    extra: (step) => names.map((name, foot) => ['', name, feet[foot][step] ? 'on the floor' : 'in the air']),
  });
}

/// A number for every pair of commands: rows run upwards along y, columns along x.
/// spec: {title, note, x, y, values, high, hue, xLabel, yLabel, format(value)}
function heatMap(spec) {
  const holder = h('div', {class: 'drawing'});
  const left = 40, top = 17, bottom = 32, columns = spec.x.length, rows = spec.y.length;
  Dom.onWidth(holder, (width) => {
    const wide = (width - left - 4) / columns, tall = Math.max(18, Math.min(30, wide));
    const height = top + bottom + tall * rows, every = Math.ceil(34 / wide);
    const cell = (value, row, column) => {
      if (!finite(value)) return '';
      const share = Math.min(1, value / (spec.high || 1)), x = left + column * wide, y = top + (rows - 1 - row) * tall;
      const full = spec.format(value), text = wide < 30 ? full.replace(/^0\./, '.') : full;
      return `<g><title>${spec.title} ${full} at ${short(spec.x[column])}, ${short(spec.y[row])}</title>` +
        svg.rect('', x + 0.5, y + 0.5, wide - 1, tall - 1, `fill: color-mix(in oklab, var(--${spec.hue}) ${Math.round(6 + 84 * share)}%, var(--paper))`) +
        (wide < 7 * text.length ? '' : svg.text(x + wide / 2, y + tall / 2 + 4, text, 'middle', share > 0.7 ? 'on-dark' : 'on-light')) + '</g>';
    };
    holder.innerHTML = svg.whole(`${spec.title}, ${spec.note}`, width, height,
      spec.values.flatMap((line, row) => line.map((value, column) => cell(value, row, column))).join('') +
      spec.x.map((x, k) => k % every ? '' : svg.text(left + (k + 0.5) * wide, height - bottom + 13, short(x), 'middle')).join('') +
      spec.y.map((y, k) => svg.text(left - 5, top + (rows - 0.5 - k) * tall + 4, short(y), 'end')).join('') +
      svg.text(2, 10, spec.yLabel) + svg.text(left + columns * wide / 2, height - 4, spec.xLabel, 'middle'));
  });
  return h('figure', {}, h('figcaption', {}, h('b', {}, spec.title), muted(spec.note)), holder);
}

return {gait, heatMap};
})();
