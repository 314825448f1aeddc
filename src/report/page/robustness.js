// How the policy does beyond its training, and with which commands: sweeps and a grid.
const Robustness = (() => {
const {h, fixed, short, extent} = Dom;

const words = (name) => name.replace(/_/g, ' ');
const label = ({name, unit}) => `${name} error, ${unit}`;

/// The first error above share of falls, for one swept quantity.
function sweepPlots({name, unit, trained, cells}, [first, second], most) {
  const x = cells.map((cell) => cell.value), margin = (x[x.length - 1] - x[0]) / x.length / 2 || 0.5;
  const title = words(name);
  const common = {x, xRange: [x[0] - margin, x[x.length - 1] + margin], bands: trained ? [trained] : [], heading: (i) => `${title} ${short(x[i])} ${unit || ''}`};
  const error = Plot.create({
    ...common, title, note: unit, noTicks: true, height: 112, yRange: [0, most], yLabel: label(first),
    series: [{name: label(first), y: cells.map((cell) => cell[first.key]), colour: 'c-blue', draw: 'points'}],
    extra: (i) => [['', label(second), short(cells[i][second.key])], ['', 'falls', `${cells[i].falls} of ${cells[i].episodes}`]],
  });
  const falls = Plot.create({
    ...common, label: `${title}: falls`, height: 72, yRange: [0, 100], yLabel: 'falls, %',
    series: [{name: 'falls, %', y: cells.map((cell) => 100 * cell.falls / cell.episodes), colour: 'c-orange', draw: 'bars'}],
  });
  return h('div', {}, error.figure, falls.figure);
}

/// All sweeps share their y axes.
function sweeps(list, {errors: told}) {
  const errors = extent(...list.map((sweep) => sweep.cells.map((cell) => cell[told[0].key])));
  return [h('p', {class: 'hint'}, 'One quantity at a time is set to a value, the others are nominal. Shaded: the range it was trained on.'),
    h('div', {class: 'multiples'}, list.filter((sweep) => sweep.cells.length).map((sweep) => sweepPlots(sweep, told, errors ? errors[1] * 1.06 : 1)))];
}

/// Commands of the first and the third quantity together: how far off, and how often it fell.
function grid(data, told) {
  const errors = extent(...data.error), [error] = told.errors;
  const axis = (k) => `commanded ${words(told.quantities[k].name)}, ${told.quantities[k].unit}`;
  const common = {x: data.first, y: data.third, xLabel: axis(0), yLabel: axis(2)};
  return [h('div', {class: 'pair'},
    Charts.heatMap({...common, title: error.name + ' error', note: error.unit, values: data.error, hue: 'blue', high: errors && errors[1],
      format: (value) => fixed(value, 2)}),
    data.fall_share && Charts.heatMap({...common, title: 'falls', note: '% of episodes', values: data.fall_share, hue: 'orange', high: 1,
      format: (value) => fixed(100 * value, 0)}))];
}

return {sweeps, grid};
})();
