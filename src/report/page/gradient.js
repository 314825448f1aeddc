// Builds the page of a study of gradients from its data: a section a noise, a row of plots a quantity.
(() => {
const {h, finite} = Dom;
const COLOURS = {truth: 'c-brown dashed', zeroth: 'c-blue', first: 'c-orange', 'inverse variance': 'c-green', alpha: 'c-violet'};

const data = JSON.parse(document.getElementById('data').textContent);
const main = document.querySelector('main'), nav = document.querySelector('nav');
const {axis} = data;
const along = {x: axis.values, xLog: axis.log, xTicks: axis.values.map((value, k) => [value, axis.ticks[k]]), xLabel: axis.name};

/// Room at both ends, where settings stand along it.
function xRange() {
  const [low, high] = [axis.values[0], axis.values[axis.values.length - 1]];
  if (axis.log) return [low / 1.15, high * 1.15];
  const room = 0.08 * (high - low) || 0.5;
  return [low - room, high + room];
}

function picture(quantity, {title, curves}) {
  const barred = curves.some(({error}) => error.some(finite));
  return Plot.create({
    ...along, xRange: xRange(), title: title || quantity.name, note: title ? quantity.name : '', label: `${quantity.name} ${title}`,
    height: 190, yLog: quantity.log, yRange: [quantity.low, quantity.high], legend: false,
    rules: quantity.low < 0 && quantity.high > 0 ? [0] : [], heading: (i) => `${axis.name} ${axis.ticks[i]}`,
    series: curves.filter(({y}) => y.some(finite)).map(({name, y, error}, k, {length}) => (
      {name, y, spread: error, shift: barred ? 3 * (k - (length - 1) / 2) : 0, colour: COLOURS[name] || 'c-red', draw: 'points'})),
  }).figure;
}

document.getElementById('summary').append(...data.summary.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))));
data.groups.forEach(({title, quantities}, k) => {
  const id = `noise-${k}`, heading = title || 'Estimates';
  const names = Object.keys(COLOURS).map((name) => ({name, colour: COLOURS[name]}));
  main.append(h('section', {id, 'aria-label': heading}, h('h2', {}, heading),
    h('p', {class: 'hint'}, 'Bias: how far the mean of all samples is from the truth, no less than their number allows. ' +
      'Bars: a standard error, of a bias that of mean and truth together; a bias below twice its own cannot be seen. Variance: of one sample.'),
    h('p', {class: 'key'}, Plot.legend(names)),
    quantities.map((quantity) => [h('h3', {}, quantity.name),
      h('div', {class: quantity.panels.length > 1 ? 'thirds' : 'pair'}, quantity.panels.map((panel) => picture(quantity, panel)))]).flat()));
  nav.append(h('a', {href: '#' + id}, heading));
});
if (!data.groups.length) main.append(h('p', {class: 'note'}, 'Nothing was estimated.'));
requestAnimationFrame(() => requestAnimationFrame(() => {
  document.documentElement.dataset.readyMs = performance.now().toFixed(0);
}));
})();
