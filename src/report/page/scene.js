// The robot on its floor in WebGL2. Scene.create(canvas, replay) returns null where there is no WebGL2, otherwise
// {draw(time, camera, colours), base(time), heading, extent, tile, dartSeconds}: no controls and no clock.
const Scene = (() => {
const {multiply, perspective, lookAt, rigid, normalize} = Shapes;
const DART_SECONDS = 0.6;  // a dart is as long as the way made in that time, of a robot of size 1
const TILES = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];  // m
const SHADOW = [0, 0, 0, 0.26];

const VERTEX = `#version 300 es
layout(location = 0) in vec3 position;
layout(location = 1) in vec3 normal;
layout(location = 2) in float end;
uniform mat4 view, model;
uniform vec3 scale, sun;
uniform float stretch, shadow, floorHeight, size;
out vec3 n, p;
void main() {
  vec4 at = model * vec4(position * scale + vec3(0, 0, end * stretch), 1);
  // A shadow is the geom pushed along the light onto the floor.
  if (shadow > 0.0) at.xyz = vec3(at.xy - sun.xy / sun.z * (at.z - floorHeight), floorHeight + 0.0004 * size);
  n = mat3(model) * (normal / scale);
  p = at.xyz;
  gl_Position = view * at;
}`;
const FRAGMENT = `#version 300 es
precision highp float;
in vec3 n, p;
uniform vec3 sun, eye;
uniform vec4 colour;
uniform float lit;
out vec4 pixel;
void main() {
  pixel = colour;
  if (lit == 0.0) return;
  vec3 normal = normalize(n);
  float light = max(dot(normal, sun), 0.0), sky = 0.5 + 0.5 * normal.z;
  float gloss = pow(max(dot(normal, normalize(sun + normalize(eye - p))), 0.0), 40.0);
  pixel.rgb = colour.rgb * (0.38 + 0.28 * sky + 0.5 * light) + 0.1 * gloss + 0.03 * sky;
}`;
const FLOOR_VERTEX = `#version 300 es
layout(location = 0) in vec2 corner;
uniform mat4 view;
uniform vec3 centre;
uniform float reach;
out vec2 at;
void main() {
  at = centre.xy + corner * reach;
  gl_Position = view * vec4(at, centre.z, 1);
}`;
const FLOOR_FRAGMENT = `#version 300 es
precision highp float;
in vec2 at;
uniform vec3 centre, light, dark, haze;
uniform float reach, tile;
out vec4 pixel;
void main() {
  // Tiles are blurred over a pixel's footprint: far ones turn to their mean instead of flickering.
  vec2 u = at / tile, width = max(fwidth(u), 1e-5);
  vec2 wave = clamp((abs(fract(u * 0.5) - 0.5) - 0.25) / width * 2.0, -1.0, 1.0);
  float near = clamp(1.5 - max(width.x, width.y), 0.0, 1.0);
  vec3 colour = mix(dark, light, 0.5 + 0.5 * wave.x * wave.y * near);
  pixel = vec4(mix(colour, haze, smoothstep(0.25, 0.95, length(at - centre.xy) / reach)), 1);
}`;

function program(gl, vertex, fragment) {
  const made = gl.createProgram(), at = {};
  for (const [type, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(type);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(made, shader);
  }
  gl.linkProgram(made);
  if (!gl.getProgramParameter(made, gl.LINK_STATUS)) {
    throw new Error(gl.getAttachedShaders(made).map((shader) => gl.getShaderInfoLog(shader)).join(''));
  }
  for (let k = gl.getProgramParameter(made, gl.ACTIVE_UNIFORMS) - 1; k >= 0; --k) {
    const {name} = gl.getActiveUniform(made, k);
    at[name] = gl.getUniformLocation(made, name);
  }
  return {made, at};
}

/// A vertex array over one buffer; sizes of its attributes in order.
function vertexArray(gl, data, sizes) {
  const array = gl.createVertexArray();
  const stride = sizes.reduce((sum, size) => sum + size, 0);
  gl.bindVertexArray(array);
  gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
  gl.bufferData(gl.ARRAY_BUFFER, new Float32Array(data), gl.STATIC_DRAW);
  sizes.reduce((offset, size, k) => {
    gl.enableVertexAttribArray(k);
    gl.vertexAttribPointer(k, size, gl.FLOAT, false, 4 * stride, 4 * offset);
    return offset + size;
  }, 0);
  return {array, count: data.length / stride};
}

/// The pose of a body, between two control steps as well.
function poseAt({poses, dt}, time, body) {
  const exact = Math.min(Math.max(time / dt, 0), poses.length - 1), step = Math.floor(exact), share = exact - step;
  const a = poses[step].slice(7 * body, 7 * body + 7), b = poses[Math.min(step + 1, poses.length - 1)].slice(7 * body, 7 * body + 7);
  // A quaternion and its negative are the same rotation; the nearer one is mixed in.
  const sign = a[3] * b[3] + a[4] * b[4] + a[5] * b[5] + a[6] * b[6] < 0 ? -1 : 1;
  const mixed = a.map((value, i) => value * (1 - share) + (i < 3 ? 1 : sign) * b[i] * share);
  return {position: mixed.slice(0, 3), quaternion: normalize(mixed.slice(3))};
}

function headingOf([w, x, y, z]) {
  return Math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z));
}

function create(canvas, replay) {
  const gl = canvas.getContext('webgl2', {stencil: true, alpha: false, preserveDrawingBuffer: true});
  if (!gl) return null;
  const {poses, dt, size = 1} = replay;
  // As large beside the robot as 0.1 m beside one of size 1, in a round number.
  const tile = TILES.reduce((best, each) => Math.abs(Math.log(each / (0.1 * size))) < Math.abs(Math.log(best / (0.1 * size))) ? each : best);
  const dartSeconds = Math.round(10 * DART_SECONDS * Math.sqrt(size)) / 10;
  const body = program(gl, VERTEX, FRAGMENT), ground = program(gl, FLOOR_VERTEX, FLOOR_FRAGMENT);
  const surfaces = {};
  for (const [name, make] of Object.entries(Shapes.surfaces)) surfaces[name] = vertexArray(gl, make(), [3, 3, 1]);
  (replay.meshes || []).forEach((mesh, k) => { surfaces['mesh' + k] = vertexArray(gl, Shapes.mesh(mesh), [3, 3, 1]); });

  const geoms = replay.geoms.map((geom) => {
    const [surface, scale, stretch = 0] = Shapes.surfaceOf(geom);
    return {...geom, surface: surfaces[surface], scale, stretch, local: rigid(geom.pos, geom.quat)};
  }).filter((geom) => geom.surface && geom.rgba[3] > 0)
    .sort((a, b) => (b.rgba[3] >= 1) - (a.rgba[3] >= 1));  // see-through ones last
  const {floor: floorHeight = 0, base = Math.min(1, replay.bodies.length - 1)} = replay;  // MuJoCo's body 0 is the world
  const corners = vertexArray(gl, [-1, -1, 1, -1, -1, 1, 1, 1], [2]);
  const heading = headingOf(poseAt(replay, 0, base).quaternion);
  const sun = normalize([Math.cos(heading - 1.9), Math.sin(heading - 1.9), 1.5]);  // towards the light
  // How far the robot's bodies are from its base; what stands around comes before it.
  const reach = replay.bodies.map((name, number) => number < base ? 0 : Math.hypot(...[0, 1, 2].map((i) => poses[0][7 * number + i] - poses[0][7 * base + i])));

  function set(model, scale, stretch, colour) {
    gl.uniformMatrix4fv(body.at.model, false, model);
    gl.uniform3fv(body.at.scale, scale);
    gl.uniform1f(body.at.stretch, stretch);
    gl.uniform4fv(body.at.colour, colour);
  }

  function drawGeoms(time, shadows) {
    gl.uniform1f(body.at.shadow, shadows ? 1 : 0);
    gl.uniform1f(body.at.lit, shadows ? 0 : 1);
    for (const geom of geoms) {
      const pose = poseAt(replay, time, geom.body);
      set(multiply(rigid(pose.position, pose.quaternion), geom.local), geom.scale, geom.stretch, shadows ? SHADOW : geom.rgba);
      gl.bindVertexArray(geom.surface.array);
      gl.drawArrays(gl.TRIANGLES, 0, geom.surface.count);
    }
  }

  /// Darts on the floor from below the base, along the velocity told and done; none where none is told.
  function drawDarts(time, colours) {
    const step = Math.min(Math.round(time / dt), poses.length - 1), {position, quaternion} = poseAt(replay, time, base);
    gl.uniform1f(body.at.shadow, 0);
    gl.uniform1f(body.at.lit, 0);
    gl.bindVertexArray(surfaces.dart.array);
    if (!replay.velocity) return;
    for (const [name, wide, lift] of [['command', 0.026 * size, 0.001 * size], ['measured', 0.012 * size, 0.0014 * size]]) {
      if (!replay[name]) continue;
      const [vx, vy] = replay.velocity.map((k) => replay[name][step][k]), half = (headingOf(quaternion) + Math.atan2(vy, vx)) / 2;
      set(rigid([position[0], position[1], floorHeight + lift], [Math.cos(half), 0, 0, Math.sin(half)]),
        [Math.hypot(vx, vy) * dartSeconds, wide, 1], 0, [...colours[name], 1]);
      gl.drawArrays(gl.TRIANGLES, 0, 3);
    }
  }

  function drawFloor(view, {target, distance}, colours) {
    gl.useProgram(ground.made);
    gl.uniformMatrix4fv(ground.at.view, false, view);
    gl.uniform3f(ground.at.centre, target[0], target[1], floorHeight);
    gl.uniform1f(ground.at.reach, 6 * size + 5 * distance);
    gl.uniform1f(ground.at.tile, tile);
      for (const name of ['light', 'dark', 'haze']) gl.uniform3fv(ground.at[name], colours[name]);
    gl.bindVertexArray(corners.array);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  /// camera: {eye, target, distance}; colours: {light, dark, haze, command, measured}, each [r, g, b]
  function draw(time, camera, colours) {
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clearColor(...colours.haze, 1);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT | gl.STENCIL_BUFFER_BIT);
    gl.enable(gl.DEPTH_TEST);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA);
    const lens = perspective(0.7, canvas.width / canvas.height, 0.05 * camera.distance, 40 * size + 12 * camera.distance);
    const view = multiply(lens, lookAt(camera.eye, camera.target));
    drawFloor(view, camera, colours);
    gl.useProgram(body.made);
    gl.uniformMatrix4fv(body.at.view, false, view);
    gl.uniform3fv(body.at.sun, sun);
    gl.uniform3fv(body.at.eye, camera.eye);
    gl.uniform1f(body.at.floorHeight, floorHeight);
    gl.uniform1f(body.at.size, size);
    drawDarts(time, colours);
    // Where two geoms' shadows overlap, the stencil lets only the first darken the floor.
    gl.enable(gl.STENCIL_TEST);
    gl.stencilFunc(gl.EQUAL, 0, 255);
    gl.stencilOp(gl.KEEP, gl.KEEP, gl.INCR);
    drawGeoms(time, true);
    gl.disable(gl.STENCIL_TEST);
    drawGeoms(time, false);
  }

  return {draw, base: (time) => poseAt(replay, time, base).position, heading, tile, dartSeconds, extent: 0.1 * size + Math.max(0, ...reach)};
}

return {create};
})();
