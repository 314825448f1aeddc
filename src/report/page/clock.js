// The time that the replay and the plots of an episode share.
const Clock = (() => {
const listeners = [];
let time = 0;      // s
let duration = 0;  // s
let step = 0.02;   // s, a control step
let playing = false;
let speed = 1;
let previous = 0;  // ms, time stamp of the last drawn frame
let frame = 0;     // the frame asked for

function changed() {
  for (const listener of listeners) listener(time, playing);
}

function tick(now) {
  if (!playing) return;
  // A page in the background gets no frames; what it missed is not caught up with.
  time += Math.min(Math.max(now - previous, 0), 100) / 1000 * speed;
  if (time > duration) time = 0;
  previous = now;
  frame = requestAnimationFrame(tick);
  changed();
}

function seek(t) {
  time = Math.min(Math.max(t, 0), duration);
  changed();
}

function toggle() {
  playing = !playing && duration > 0;
  cancelAnimationFrame(frame);
  if (playing) {
    previous = performance.now();
    frame = requestAnimationFrame(tick);
  }
  changed();
}

/// Stops and goes some control steps on or back.
function stepBy(count) {
  playing = false;
  seek((Math.round(time / step) + count) * step);
}

return {
  seek, toggle, stepBy,
  /// An episode of so many seconds exists. The longest one counts.
  extend(seconds, dt) { duration = Math.max(duration, seconds); step = dt; },
  setSpeed(factor) { speed = factor; },
  onChange(listener) { listeners.push(listener); },
  get time() { return time; },
  get duration() { return duration; },
};
})();
