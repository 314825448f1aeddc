// The page's other sections: each function takes its part of the data and returns elements.
const Sections = (() => {
const {h, muted, finite, fixed, short, extent} = Dom;
// Of training, by the names that its environment gives them: a walk's and a pose's.
const UNITS = {velocity_error: 'm/s', yaw_error: 'rad/s', tilt_error: 'rad', height_error: 'm', falls_per_minute: '1/min'};
const HEADLINE = ['env/velocity_error', 'env/yaw_error', 'env/tilt_error', 'env/height_error', 'env/falls_per_minute', 'env/reward'];
const judgeColumns = (errors) => [  // key, unit, decimals
  ['policy'], ['physics'], ['condition'], ['episodes', '', 0], ['falls', '', 0], ['survival_s', 's', 2],
  ...errors.map(({key, unit}) => [key, unit, 3]), ['standing_drift', 'm/s', 3], ['standing_steps', 'Hz', 2],
  ['torque_rms', 'N m', 2], ['action_rate_rms', '', 3],
  ['cost_of_transport', '', 2], ['foot_slip', 'm/s', 3], ['step_frequency', 'Hz', 2]];
const JOINT_COLOURS = ['c-blue', 'c-orange', 'c-green'];
const TOLD = 'c-orange', DID = 'c-blue';

const words = (name) => name.replace(/_/g, ' ');
const column = (rows, k) => rows.map((row) => row[k]);
const hint = (...text) => h('p', {class: 'hint'}, ...text);

/// columns: [[heading, unit, is a number], ...]; a cell that starts with ! stands out.
function table(columns, rows) {
  const side = (k) => columns[k][2] ? 'number' : null;
  return h('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': columns[0][0] + ' table'}, h('table', {class: 'figures'},
    h('thead', {}, h('tr', {}, columns.map(([heading, unit], k) => h('th', {scope: 'col', class: side(k)}, heading, unit && h('span', {class: 'unit'}, unit))))),
    h('tbody', {}, rows.map((row) => h('tr', {}, row.map((text, k) =>
      h('td', {class: side(k)}, text[0] === '!' ? h('b', {class: 'c-orange'}, text.slice(1)) : text)))))));
}

function judge(results, {errors}) {
  const shown = judgeColumns(errors).filter(([key]) => results.some((result) => (result[key] ?? null) !== null));
  const text = (value, decimals) => decimals === undefined ? value || '–' : fixed(value, decimals);
  return [table(shown.map(([key, unit, decimals]) => [words(key.replace(/_s$/, '')), unit, decimals !== undefined]), results.map((result) =>
    shown.map(([key, , decimals]) => (key === 'falls' && result.falls ? '!' : '') + text(result[key], decimals))))];
}

/// Constant slow commands, at which standing still is tempting; the last row is the figure.
function slow({cells, worst}, {quantities, errors}) {
  const falls = (row) => (row.falls ? '!' : '') + `${row.falls} of ${row.episodes}`;
  const figures = (row) => [...errors.map(({key}) => fixed(row[key], 3)), falls(row)];
  return [hint('One command from the start to the end of an episode, sensor noise on. A robot that stands still errs by the command itself.'),
    table([['command'], ...quantities.map(({name, unit}) => [words(name), unit, true]), ...errors.map(({key, unit}) => [words(key), unit, true]), ['falls', '', true]],
      [...cells.map((cell, k) => [String(k + 1), ...quantities.map(({name}) => short(cell[name])), ...figures(cell)]),
        ['worst', '', '', '', ...figures(worst)]])];
}

function curvePlot(step, {name, values}, height) {
  const what = name.split('/').pop(), unit = UNITS[what] || (what.endsWith('seconds') ? 's' : '');
  const last = values.filter(finite).pop();
  return Plot.create({
    title: words(what), note: `${unit}${unit ? ', ' : ''}last ${short(last)}`, x: step, xUnit: 'steps', height, zero: true,
    series: [{name: words(what), y: values, colour: 'c-blue'}], heading: (i) => short(step[i]) + ' steps',
  }).figure;
}

function curves({step, series}) {
  const known = series.filter(({values}) => values.some(finite));
  const silent = known.filter(({name, values}) => name.startsWith('reward/') && !values.some((value) => value));
  const groups = {reward: []};
  for (const one of known) {
    const group = one.name.includes('/') ? one.name.split('/')[0] : 'other';
    if (!HEADLINE.includes(one.name) && !silent.includes(one)) (groups[group] = groups[group] || []).push(one);
  }
  const multiples = (members) => h('div', {class: 'multiples'}, members.map((one) => curvePlot(step, one, 100)));
  const {reward, ...folded} = groups;
  return [
    h('div', {class: 'pair'}, HEADLINE.flatMap((name) => known.filter((one) => one.name === name)).map((one) => curvePlot(step, one, 150))),
    reward.length && h('h3', {}, 'Reward terms ', muted('mean of a control step, before weighting')), multiples(reward),
    silent.length && hint('Zero throughout: ' + silent.map(({name}) => words(name.split('/')[1])).join(', ') + '.'),
    ...Object.entries(folded).map(([group, members]) => h('details', {}, h('summary', {}, group, ' ', muted(String(members.length))), multiples(members)))];
}

function tracking(data, {quantities}) {
  const axes = quantities.filter(({name}) => data[name]);
  return [hint('Mean of what it did against what it was told, one quantity at a time. On the grey diagonal tracking is perfect; bars are the spread.'),
    h('div', {class: 'squares'}, axes.map(({name: key, positive: direction, unit}) => {
      const {command, measured, spread} = data[key], range = padded(extent(command, measured) || [-1, 1]);
      return Plot.create({
        title: words(key), note: direction, x: command, square: true, diagonal: true, xRange: range, yRange: range,
        xLabel: `command, ${unit}`, yLabel: `measured, ${unit}`, heading: (i) => `command ${short(command[i])} ${unit}`,
        series: [{name: 'measured', y: measured, spread, colour: DID, draw: 'points'}],
      }).figure;
    }))];
}

function padded([low, high]) {
  const pad = 0.05 * (high - low);
  return [low - pad, high + pad];
}

/// Position and target of each joint and the torques together, for one leg.
function legPlots(data, common, leg) {
  const count = data.joint_names.length / data.foot_names.length;
  const joints = data.joint_names.map((name, joint) => joint).slice(leg * count, (leg + 1) * count);
  const positions = joints.map((joint) => {
    const limits = [data.joint_lower[joint], data.joint_upper[joint]];
    return {limits, plot: Plot.create({
      ...common, title: data.joint_names[joint], note: `rad, ${limits.map((limit) => fixed(limit, 2)).join(' to ')}`, height: 92, rules: limits, legend: false,
      series: [{name: 'target', y: column(data.joint_target, joint), colour: TOLD}, {name: 'position', y: column(data.joint_position, joint), colour: DID}]})};
  });
  const limits = [...new Set(joints.map((joint) => data.torque_limit[joint]).filter(finite))], most = Math.max(0, ...limits);
  const torque = Plot.create({...common, title: 'torques', note: `N m${limits.length ? ', at most ' + limits.map(short).join(', ') : ''}`, height: 120, legend: false,
    yRange: most && padded([-most, most]), rules: limits.flatMap((limit) => [-limit, limit]),
    series: joints.map((joint, k) => ({name: data.joint_names[joint], y: column(data.joint_torque, joint), colour: JOINT_COLOURS[k % 3]}))});
  return {positions, torque, block: h('div', {}, h('h4', {}, data.foot_names[leg]), positions.map(({plot}) => plot.figure), torque.figure)};
}

function episode(data, {quantities}) {
  const dt = data.control_dt, x = data.command.map((_, step) => step * dt), seconds = x.length * dt;
  const common = {x, time: true, xUnit: 's', heading: (i) => fixed(x[i], 2) + ' s'};
  Clock.extend((x.length - 1) * dt, dt);
  const overview = quantities.map(({name, unit}, k) => Plot.create({...common, title: words(name), note: unit, height: 120,
    series: [{name: 'told', y: column(data.command, k), colour: TOLD}, {name: 'did', y: column(data.measured, k), colour: DID}]}));
  const gait = Charts.gait(data.foot_names, data.foot_contact, dt);
  const legs = data.foot_names.map((name, leg) => legPlots(data, common, leg));
  const positions = legs.flatMap((leg) => leg.positions);

  // The window turns its pages with the time cursor.
  let length = Math.min(2, seconds), shown = -1;
  const turn = (time) => {
    const page = Math.min(Math.floor(time / length + 1e-9), Math.ceil(seconds / length - 1e-9) - 1);
    if (page === shown) return;
    shown = page;
    const range = [page * length, (page + 1) * length];
    for (const plot of [gait, ...positions.map((one) => one.plot), ...legs.map((leg) => leg.torque)]) plot.update({xRange: range});
    for (const plot of overview) plot.update({bands: length < seconds ? [range] : []});
  };
  turn(0);
  Clock.onChange(turn);
  const window = h('select', {onchange: () => { length = Number(window.value); shown = -1; turn(Clock.time); }},
    [1, 2, 4, seconds].filter((each) => each <= seconds).map((each) => h('option', {value: each, selected: each === length}, each === seconds ? 'all' : each + ' s')));
  const whole = h('input', {type: 'checkbox', onchange: () => {
    for (const {plot, limits} of positions) plot.update({yRange: whole.checked ? padded(limits) : null});
  }});
  return [
    hint(`${data.physics}, ${fixed(seconds, 1)} s, ${data.fell ? 'ended in a fall' : 'no fall'}. A click in a plot goes to that time, in the replay too.`),
    h('div', {class: 'thirds'}, overview.map((plot) => plot.figure)),
    h('p', {class: 'controls'}, h('label', {}, 'time window', window), h('label', {}, whole, 'joints over their whole range')),
    gait.figure,
    h('p', {class: 'key'}, 'Positions: ', Plot.legend([{name: 'target', colour: TOLD}, {name: 'position', colour: DID}]),
      ' Torques: ', Plot.legend(JOINT_COLOURS.map((colour, k) => ({name: `joint ${k + 1}`, colour})))),
    h('div', {class: 'legs'}, legs.map((leg) => leg.block))];
}

function randomization(list) {
  return [table([['quantity'], ['from', '', true], ['to', '', true], ['meaning']],
    list.map(({name, low, high, help}) => [words(name), short(low), short(high), help]))];
}

function contract(list) {
  let end = 0;
  const rows = list.map(({name, size, unit}) => {
    end += size;
    return [words(name), size > 1 ? `${end - size}–${end - 1}` : String(end - 1), unit];
  });
  return [table([['term'], ['entries', '', true], ['unit, frame']], rows)];
}

/// Text with its comments and headings told apart, and a button that copies it.
function recipe(text) {
  const pre = h('pre', {tabindex: 0}, text.split('\n').flatMap((line) =>
    [/^\s*#/.test(line) ? muted(line) : /^\s*\[/.test(line) ? h('b', {}, line) : line, '\n']));
  const button = h('button', {onclick: () => {
    // The newer way to copy asks for permission where the page is a file.
    getSelection().selectAllChildren(pre);
    button.textContent = document.execCommand('copy') ? 'copied' : 'selected';
  }}, 'copy');
  return [h('div', {class: 'recipe'}, button, pre)];
}

return {table, judge, slow, curves, tracking, episode, randomization, contract, recipe};
})();
