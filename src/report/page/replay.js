// The episode in 3-D: canvas, camera and controls around a Scene.
const Replay = (() => {
const {h, fixed, short} = Dom;
const SMOOTHING = 0.4;     // s to either side: the camera follows the walk, not its bobbing
const SCROLL_PAUSE = 300;  // ms: a wheel that is scrolling the page goes on doing so over the canvas
const LENS = 0.73;         // height of what is seen at distance 1

/// The colours of the scene, as the style sheet names them for the present colour scheme.
function sceneColours() {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => [1, 3, 5].map((k) => parseInt(style.getPropertyValue(name).trim().slice(k, k + 2), 16) / 255);
  return {light: read('--floor-light'), dark: read('--floor-dark'), haze: read('--haze'),
    command: read('--orange'), measured: read('--blue')};
}

/// Where the base is on average around a time; the same whether one plays or scrubs.
function followed(scene) {
  const some = Array.from({length: 9}, (_, k) => scene.base(Clock.time + SMOOTHING * (k / 4 - 1)));
  return [0, 1, 2].map((i) => some.reduce((sum, position) => sum + position[i] / some.length, 0));
}

function makeCamera(scene) {
  const camera = {fixedAt: null};
  // Beside the robot and a little ahead of it.
  camera.reset = () => Object.assign(camera, {azimuth: scene.heading - 1.0, elevation: 0.3, distance: 3 * scene.extent, offset: [0, 0, 0]});
  camera.orbit = (dx, dy) => {
    camera.azimuth -= 0.008 * dx;
    camera.elevation = Math.min(1.5, Math.max(0.03, camera.elevation + 0.008 * dy));
  };
  camera.pan = (dx, dy, height) => {
    const scale = LENS * camera.distance / height, c = Math.cos(camera.azimuth), s = Math.sin(camera.azimuth), tilt = Math.sin(camera.elevation);
    const move = [s * dx - c * tilt * dy, -c * dx - s * tilt * dy, Math.cos(camera.elevation) * dy];
    camera.offset = camera.offset.map((value, i) => value + scale * move[i]);
  };
  camera.zoom = (factor) => { camera.distance = scene.extent * Math.min(60, Math.max(0.8, camera.distance / scene.extent * factor)); };
  camera.view = () => {
    const {azimuth, elevation, distance, offset} = camera;
    const target = (camera.fixedAt || followed(scene)).map((value, i) => value + offset[i]);
    const away = [Math.cos(elevation) * Math.cos(azimuth), Math.cos(elevation) * Math.sin(azimuth), Math.sin(elevation)];
    return {eye: target.map((value, i) => value + distance * away[i]), target, distance};
  };
  camera.reset();
  return camera;
}

/// Drag orbits; right button, shift or two fingers pan; wheel and pinch zoom.
function listen(canvas, camera, redraw) {
  const fingers = new Map();
  const apart = ([x, y], [u, v]) => Math.max(1, Math.hypot(x - u, y - v));
  canvas.addEventListener('contextmenu', (event) => event.preventDefault());
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, [event.clientX, event.clientY]);
  });
  canvas.addEventListener('lostpointercapture', (event) => fingers.delete(event.pointerId));
  canvas.addEventListener('pointermove', (event) => {
    const last = fingers.get(event.pointerId), now = [event.clientX, event.clientY];
    if (!last) return;
    const [dx, dy] = [now[0] - last[0], now[1] - last[1]];
    const other = [...fingers].find(([id]) => id !== event.pointerId);
    if (other) camera.zoom(apart(last, other[1]) / apart(now, other[1]));
    if (other) camera.pan(dx / 2, dy / 2, canvas.clientHeight);
    else if (event.buttons & 2 || event.shiftKey) camera.pan(dx, dy, canvas.clientHeight);
    else camera.orbit(dx, dy);
    fingers.set(event.pointerId, now);
    redraw();
  });
  let scrolled = -Infinity;
  addEventListener('scroll', () => { scrolled = performance.now(); }, {passive: true});
  canvas.addEventListener('wheel', (event) => {
    if (performance.now() - scrolled < SCROLL_PAUSE) return;
    event.preventDefault();
    camera.zoom(Math.exp(0.0015 * event.deltaY));
    redraw();
  }, {passive: false});
}

/// Command and measurement at the present time, over the picture.
function overlay({dt, poses, command, measured}, {quantities}) {
  const table = h('table', {class: 'overlay'});
  Clock.onChange((time) => {
    const step = Math.min(Math.round(time / dt), poses.length - 1);
    const number = (rows, k) => `<td>${rows ? fixed(rows[step][k], quantities[k].decimals) : '–'}</td>`;
    table.innerHTML = '<tr><td></td><th class="c-orange">told</th><th class="c-blue">did</th></tr>' + quantities
      .map(({name, unit}, k) => `<tr><th>${name.replace(/_/g, ' ')}</th>${number(command, k)}${number(measured, k)}<td class="muted">${unit}</td></tr>`).join('');
  });
  return table;
}

function controls(camera, follow, redraw) {
  const button = (words, onclick, label) => h('button', {onclick, 'aria-label': label}, words);
  const play = button('play', Clock.toggle);
  const slider = h('input', {type: 'range', min: 0, step: 'any', 'aria-label': 'Time', oninput: () => Clock.seek(Number(slider.value))});
  const shown = h('output');
  const speed = h('select', {'aria-label': 'Speed', onchange: () => Clock.setSpeed(Number(speed.value))},
    [0.1, 0.25, 0.5, 1, 2].map((factor) => h('option', {value: factor, selected: factor === 1}, factor + '×')));
  const following = h('input', {type: 'checkbox', checked: true, onchange: () => follow(following.checked)});
  Clock.onChange((time, playing) => {
    play.textContent = playing ? 'pause' : 'play';
    slider.max = Clock.duration;
    slider.value = time;
    shown.textContent = `${fixed(time, 2)} / ${fixed(Clock.duration, 2)} s`;
  });
  return h('div', {class: 'controls'}, play, button('‹', () => Clock.stepBy(-1), 'One step back'), button('›', () => Clock.stepBy(1), 'One step on'),
    slider, shown, speed, h('label', {}, following, 'follow robot'), button('reset view', () => { camera.reset(); redraw(); }));
}

/// The viewer as elements for its section. A machine without WebGL2 gets a sentence instead.
function create(replay, told) {
  const canvas = h('canvas', {tabindex: 0, role: 'img', 'aria-label': 'The robot in 3-D'});
  const scene = Scene.create(canvas, replay);
  if (!scene) return [h('p', {class: 'note'}, 'The 3-D view needs WebGL2, which this browser does not offer.')];

  Clock.extend((replay.poses.length - 1) * replay.dt, replay.dt);
  const camera = makeCamera(scene);
  let colours = sceneColours(), asked = false;
  function draw() {
    asked = false;
    const ratio = Math.min(devicePixelRatio || 1, 2);
    const wide = Math.round(canvas.clientWidth * ratio), tall = Math.round(canvas.clientHeight * ratio);
    if (!wide || !tall) return;
    if (canvas.width !== wide || canvas.height !== tall) Object.assign(canvas, {width: wide, height: tall});
    scene.draw(Clock.time, camera.view(), colours);
  }
  // However many things change between two frames, one picture is drawn.
  const redraw = () => {
    if (!asked) requestAnimationFrame(draw);
    asked = true;
  };
  const follow = (on) => {
    camera.fixedAt = on ? null : followed(scene);
    redraw();
  };
  listen(canvas, camera, redraw);
  Clock.onChange(redraw);
  new ResizeObserver(redraw).observe(canvas);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { colours = sceneColours(); redraw(); });
  canvas.addEventListener('webglcontextlost', () => canvas.replaceWith(h('p', {class: 'note'}, 'The browser dropped the 3-D view; reload the page.')));
  return [h('div', {class: 'stage'}, canvas, overlay(replay, told)), controls(camera, follow, redraw),
    h('p', {class: 'hint'}, 'Drag orbits, right or shift drag pans, the wheel zooms; space plays, arrow keys step. On the floor: ' +
      (replay.velocity ? `velocity as told (orange) and done (blue), ${short(scene.dartSeconds)} s of it; ` : '') + `tiles of ${short(scene.tile)} m.`)];
}

return {create};
})();
