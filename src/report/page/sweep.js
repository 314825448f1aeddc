// Builds the page of a sweep from its data: a table of settings, and a small picture of each for every curve.
(() => {
const {h, short, finite, extent} = Dom;
const COLOURS = ['c-blue', 'c-orange', 'c-green'];
const words = (name) => name.split('/').pop().replace(/_/g, ' ');

/// The runs of a setting in one plot, on the axes that all settings share.
function picture({label, runs}, curve, xRange, yRange) {
  const seeds = runs.filter((run) => run[curve]);
  const step = seeds.map((run) => run.step).sort((a, b) => b.length - a.length)[0];
  return Plot.create({
    title: label, x: step, xRange, yRange, xUnit: 'steps', height: 110, heading: (i) => short(step[i]) + ' steps',
    series: seeds.map((run, k) => ({
      name: `seed ${run.seed}`, colour: COLOURS[k % COLOURS.length], y: step.map((_, i) => run[curve][i] ?? null)})),
  }).figure;
}

/// Settings of which something was trained.
function curves(settings, curve) {
  const drawn = settings.filter(({runs}) => runs.some((run) => run[curve] && run[curve].some(finite)));
  const every = drawn.flatMap(({runs}) => runs).filter((run) => run[curve]);
  const xRange = extent(...every.map((run) => [0, ...run.step])), yRange = extent([0], ...every.map((run) => run[curve]));
  return h('div', {class: 'multiples'}, drawn.map((setting) => picture(setting, curve, xRange, yRange)));
}

const data = JSON.parse(document.getElementById('data').textContent);
const main = document.querySelector('main'), nav = document.querySelector('nav');
document.getElementById('summary').append(...data.summary.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))));
const {columns, rows, sorted_by: sortedBy} = data.table;
main.append(h('section', {id: 'settings', 'aria-label': 'Settings'}, h('h2', {}, 'Settings'),
  h('p', {class: 'hint'}, `Medians over seeds; sorted by ${sortedBy.replace(/_/g, ' ')}.`), Sections.table(columns, rows)));
const known = data.curves.filter((curve) => data.settings.some(({runs}) => runs.some((run) => run[curve] && run[curve].some(finite))));
if (known.length) {
  main.append(h('section', {id: 'curves', 'aria-label': 'Learning'}, h('h2', {}, 'Learning'),
    h('p', {class: 'hint'}, 'A picture a setting, in the order of the table; a line a seed.'),
    known.map((curve, k) => h('details', {open: k === 0}, h('summary', {}, words(curve)), curves(data.settings, curve)))));
}
for (const section of main.children) nav.append(h('a', {href: '#' + section.id}, section.getAttribute('aria-label')));
requestAnimationFrame(() => requestAnimationFrame(() => {
  document.documentElement.dataset.readyMs = performance.now().toFixed(0);
}));
})();
