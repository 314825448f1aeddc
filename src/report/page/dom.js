// Elements, SVG and numbers as text, which every other file uses. Each file is one function around its names,
// not indented; page.html lists their order.
'use strict';
const Dom = (() => {
const MINUS = '\u2212';

/// h('p', {class: 'note', onclick: f}, 'text', child, ...): an element; children that are false are skipped.
function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (!value && value !== 0) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat().filter((child) => child || child === ''));
  return element;
}

function escape(text) {
  return String(text).replace(/[&<>"]/g, (c) => ({'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;'}[c]));
}

const muted = (text) => h('span', {class: 'muted'}, text);

/// SVG elements as text, coordinates in pixels to a tenth.
const round = (value) => value.toFixed(1).replace('.0', '');
const svg = {
  line: (name, x1, y1, x2, y2) => `<line class="${name}" x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"/>`,
  rect: (name, x, y, width, height, style) =>
    `<rect class="${name}" x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" style="${style || ''}"/>`,
  dot: (name, x, y, r) => `<circle class="${name}" cx="${round(x)}" cy="${round(y)}" r="${r}"/>`,
  text: (x, y, words, anchor, name) =>
    `<text class="${name || ''}" x="${round(x)}" y="${round(y)}" text-anchor="${anchor || 'start'}">${escape(words)}</text>`,
  whole: (label, width, height, contents) =>
    `<svg role="img" aria-label="${escape(label)}" viewBox="0 0 ${width} ${height}">${contents}</svg>`,
};

const finite = (value) => typeof value === 'number' && Number.isFinite(value);

function fixed(value, decimals) {
  if (!finite(value)) return '–';
  const text = value.toFixed(decimals);
  return Number(text) === 0 ? text.replace('-', '') : text.replace('-', MINUS);
}

/// Three significant digits, thousands and millions as k and M.
function short(value) {
  if (!finite(value)) return '–';
  const size = Math.abs(value);
  if (size === 0) return '0';
  const [scale, letter] = size >= 1e6 ? [1e6, ' M'] : size >= 1e4 ? [1e3, ' k'] : [1, ''];
  const number = Number((value / scale).toPrecision(3));
  return (size < 1e-3 ? Number(value.toPrecision(2)).toExponential() : String(number)).replace(/-/g, MINUS) + letter;
}

/// Round numbers between low and high, about `count` of them.
function ticks(low, high, count) {
  const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= 0.7 * rough);
  const values = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; ++k) values.push(k * step);
  return values;
}

/// The ticks' texts, with as many decimals as tell them apart.
function tickTexts(values) {
  if (values.length < 2) return values.map(short);
  const step = values[1] - values[0];
  const size = Math.max(...values.map(Math.abs));
  if (size >= 1e4 || step < 1e-3) return values.map(short);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return values.map((value) => fixed(value, decimals));
}

/// Least and greatest finite number of some lists, or null if there is none.
function extent(...lists) {
  const values = lists.flat().filter(finite);
  return values.length ? [Math.min(...values), Math.max(...values)] : null;
}

/// Index of the entry of a list that is nearest to a value.
function nearest(list, value) {
  return list.reduce((best, entry, i) => Math.abs(entry - value) < Math.abs(list[best] - value) ? i : best, 0);
}

/// The read-out beside the pointer, one for the page. rows: [[colour class, name, value], ...]
const readout = h('div', {class: 'readout', 'aria-hidden': 'true', hidden: true});
function showReadout(event, heading, rows) {
  if (!readout.parentNode) document.body.append(readout);
  readout.innerHTML = `<b>${escape(heading)}</b><table>` + rows.map(([colour, name, value]) =>
    `<tr><td>${colour && `<i class="swatch ${colour}"></i>`}${escape(name)}</td><td>${escape(value)}</td></tr>`)
    .join('') + '</table>';
  readout.hidden = false;
  const box = readout.getBoundingClientRect();
  const right = event.clientX + 14 + box.width < innerWidth;
  readout.style.left = Math.max(2, right ? event.clientX + 14 : event.clientX - 14 - box.width) + 'px';
  readout.style.top = Math.max(2, Math.min(event.clientY + 14, innerHeight - box.height - 4)) + 'px';
}
const hideReadout = () => { readout.hidden = true; };

/// Calls draw(width) when an element is first laid out and whenever its width changes. What is folded away
/// has no width and is drawn when it opens.
const observer = new ResizeObserver((entries) => {
  for (const {target, contentRect} of entries) {
    const width = Math.round(contentRect.width);
    if (width && width !== target.drawnWidth) target.draw(target.drawnWidth = width);
  }
});
function onWidth(element, draw) {
  element.draw = draw;
  observer.observe(element);
}

return {h, muted, svg, escape, finite, fixed, short, ticks, tickTexts, extent, nearest, showReadout, hideReadout, onWidth};
})();
