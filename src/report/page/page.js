// Builds the page from its data: header, navigation, one section per part that is there.
(() => {
const {h} = Dom;
// The key in the data, which is also the section's id; heading; builder.
const PARTS = [
  ['replay', 'Replay', Replay.create],
  ['judge', 'Judgement', Sections.judge],
  ['slow', 'Slow commands', Sections.slow],
  ['curves', 'Learning', Sections.curves],
  ['tracking', 'Tracking', Sections.tracking],
  ['episode', 'Episode', Sections.episode],
  ['sweeps', 'Robustness', Robustness.sweeps],
  ['grid', 'Commands', Robustness.grid],
  ['randomization', 'Randomisation', Sections.randomization],
  ['contract', 'Observation', Sections.contract],
  ['recipe', 'Recipe', Sections.recipe],
];

function build() {
  const data = JSON.parse(document.getElementById('data').textContent);
  const main = document.querySelector('main'), nav = document.querySelector('nav'), absent = [];
  document.getElementById('summary').append(...data.summary.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))));
  for (const [key, title, create] of PARTS) {
    const part = data[key];
    if (!part || part.length === 0) {
      absent.push(title.toLowerCase());
      continue;
    }
    const section = h('section', {id: key, 'aria-label': title}, h('h2', {}, title));
    main.append(section);
    nav.append(h('a', {href: '#' + key}, title));
    try {
      section.append(h('div', {}, create(part, data.told)));
    } catch (error) {
      // The rest of the page does not depend on it.
      section.append(h('p', {class: 'note'}, 'This part could not be drawn; the console says why.'));
      reportError(error);
    }
  }
  if (absent.length) main.append(h('p', {class: 'hint', id: 'absent'}, `No data for: ${absent.join(', ')}.`));
}

function listenToKeys() {
  const actions = {' ': Clock.toggle, ArrowLeft: () => Clock.stepBy(-1), ArrowRight: () => Clock.stepBy(1)};
  addEventListener('keydown', (event) => {
    if (!actions[event.key] || !Clock.duration || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest('button, input, select, summary, a, .scroll, pre')) return;
    event.preventDefault();
    actions[event.key]();
  });
}

build();
listenToKeys();
Clock.seek(0);
// The plots are drawn when the browser has laid the page out; the frame after next shows them.
requestAnimationFrame(() => requestAnimationFrame(() => {
  document.documentElement.dataset.readyMs = performance.now().toFixed(0);
}));
})();
