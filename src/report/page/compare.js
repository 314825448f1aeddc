// Builds the page of a comparison from its data: medians and bands of the learning curves, when thresholds were
// reached, what the runs ended with, and what their policies visited.
(() => {
const {h, short, fixed, finite} = Dom;
const COLOURS = ['c-blue', 'c-orange', 'c-green', 'c-violet', 'c-red', 'c-brown'];
// Dashed where the colours begin again.
const colour = (k) => COLOURS[k % COLOURS.length] + (k < COLOURS.length ? '' : ' dashed');
const words = (name) => name.replace(/(env|episode|train)\//, '').replace(/_/g, ' ');
const hint = (text) => h('p', {class: 'hint'}, text);

const data = JSON.parse(document.getElementById('data').textContent);
const main = document.querySelector('main'), nav = document.querySelector('nav');

function section(id, title, ...children) {
  main.append(h('section', {id, 'aria-label': title}, h('h2', {}, title), ...children));
  nav.append(h('a', {href: '#' + id}, title));
}

/// Every method's median in one plot, its quartiles shaded.
function picture(name, yUnit, {x, methods}, unit) {
  return Plot.create({
    title: words(name), note: (yUnit && `${yUnit}, `) + (unit === 's' ? 'by seconds of training' : 'by steps'), x, xUnit: unit, height: 190, legend: false,
    heading: (i) => `${short(x[i])} ${unit}`,
    series: methods.map(({low, median, high}, k) => ({name: data.methods[k], y: median, low, high, colour: colour(k)})),
  }).figure;
}

function curves() {
  return data.curves.map(({name, unit, steps, seconds}, k) => h('details', {open: k < 2}, h('summary', {}, words(name)),
    h('div', {class: 'pair'}, picture(name, unit, steps, 'steps'), picture(name, unit, seconds, 's'))));
}

/// Of the runs of a method: those that did not reach it come after all that did.
function reached() {
  const columns = [['method'], ...data.reached.flatMap(({threshold}) =>
    [[[short(threshold), data.measure_unit].join(' ').trim(), 'steps', true], ['', 's', true], ['', 'runs', true]])];
  return Sections.table(columns, data.methods.map((method, k) => [method, ...data.reached.flatMap(({methods}) => {
    const {steps, seconds, count, of} = methods[k];
    return [short(steps), short(seconds), `${count}/${of}`];
  })]));
}

/// Quantities by rows, because there are more of them than methods. One run has no interval, and a number that is not of
/// all runs says of how many.
function last() {
  const columns = [['quantity'], ['unit'], ...data.methods.map((method) => [method, 'median, 95 %', true])];
  const cell = ({median, low, high, count, of}, decimals) => [fixed(median, decimals),
    count > 1 && `[${fixed(low, decimals)}, ${fixed(high, decimals)}]`, count && count < of && `(${count}/${of})`].filter(Boolean).join(' ');
  return Sections.table(columns, data.last.quantities.map(({title, unit, decimals, methods}) =>
    [words(title), unit, ...methods.map((method) => cell(method, decimals))]));
}

/// A histogram a method, as a line through the middles of its bins.
function visited({name, unit, middles, methods}) {
  return Plot.create({
    title: name, note: 'share of time', x: middles, xUnit: unit, height: 150, zero: true, legend: false,
    heading: (i) => `${short(middles[i])} ${unit}`,
    series: methods.map((share, k) => ({name: data.methods[k], y: share, colour: colour(k)})).filter(({y}) => y.some(finite)),
  }).figure;
}

document.getElementById('summary').append(...data.summary.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))));
const key = () => h('p', {class: 'key'}, Plot.legend(data.methods.map((name, k) => ({name, colour: colour(k)}))));
if (data.curves.length) {
  section('curves', 'Learning', hint('Lines are medians over seeds, shades their quartiles, drawn while half of a method\u2019s runs go on. A method without an entropy or ' +
    'a deviation tries things out by a noise that its recipe fixes.'), key(), curves());
}
if (data.reached.length) {
  section('reached', 'Thresholds', hint(`Median steps and seconds of training until ${words(data.measure)} first is ` +
    `${data.smaller_is_better ? 'at most' : 'at least'} so much, and how many runs came there; the others count as later than these. It is measured of what is tried in training, ` +
    'its noise included; what is judged is the policy alone.'), reached());
}
if (data.last.quantities.length) {
  section('last', 'Ends', data.last.doubts.map((sentence) => h('p', {class: 'note'}, sentence)),
    hint('Medians over seeds, and the interval that 95 % of the medians of their bootstrap resamples lie in; behind them of how many runs, where not of ' +
      'all. A policy that was judged without a number, as one that always falls has no error, counts as worse than every number: \u2013. Seeds tell two ' +
      'methods apart where 95 % of the differences of such medians lie on one side of 0; one seed never does.'), last());
}
if (data.visited && data.visited.length) {
  section('visited', 'Visited states', hint('Of the nominal robot in the judge\u2019s episodes: how much of the time it was where.'), key(),
    h('div', {class: 'pair'}, data.visited.map(visited)));
}
requestAnimationFrame(() => requestAnimationFrame(() => {
  document.documentElement.dataset.readyMs = performance.now().toFixed(0);
}));
})();
