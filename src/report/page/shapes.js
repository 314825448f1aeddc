// Matrices (column by column, as WebGL reads them) and the triangles of MuJoCo's geom types.
const Shapes = (() => {
function multiply(a, b) {
  return Float32Array.from({length: 16}, (_, at) => {
    const row = at % 4, column = at - row;
    return a[row] * b[column] + a[row + 4] * b[column + 1] + a[row + 8] * b[column + 2] + a[row + 12] * b[column + 3];
  });
}

function perspective(fovy, aspect, near, far) {
  const f = 1 / Math.tan(fovy / 2);
  return [f / aspect, 0, 0, 0, 0, f, 0, 0, 0, 0, (far + near) / (near - far), -1, 0, 0, 2 * far * near / (near - far), 0];
}

const subtract = (a, b) => a.map((value, i) => value - b[i]);
const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
function normalize(a) {
  const length = Math.hypot(...a) || 1;
  return a.map((value) => value / length);
}

/// World to camera; z is up in the world.
function lookAt(eye, target) {
  const back = normalize(subtract(eye, target));
  const right = normalize(cross([0, 0, 1], back));
  const up = cross(back, right);
  return [0, 1, 2].flatMap((i) => [right[i], up[i], back[i], 0]).concat(-dot(right, eye), -dot(up, eye), -dot(back, eye), 1);
}

/// Position and quaternion (w, x, y, z) as a matrix.
function rigid([px, py, pz], [w, x, y, z]) {
  return [1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y), 0,
    2 * (x * y - w * z), 1 - 2 * (x * x + z * z), 2 * (y * z + w * x), 0,
    2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y), 0,
    px, py, pz, 1];
}

// A vertex is position, normal and an end: -1 or 1 for what a capsule's length moves down or up.
const STRIDE = 7, AROUND = 26;

/// A profile turned about z. Its points: [radius, z, the normal's radial part, the normal's z, end]
function turned(profile) {
  const out = [];
  const at = ([r, z, nr, nz, end], k) => {
    const c = Math.cos(2 * Math.PI * k / AROUND), s = Math.sin(2 * Math.PI * k / AROUND);
    return [r * c, r * s, z, nr * c, nr * s, nz, end];
  };
  profile.slice(1).forEach((upper, i) => {
    const lower = profile[i];
    for (let k = 0; k < AROUND; ++k) {
      out.push(...at(lower, k), ...at(lower, k + 1), ...at(upper, k + 1), ...at(lower, k), ...at(upper, k + 1), ...at(upper, k));
    }
  });
  return out;
}

function arc(from, to, end) {
  return Array.from({length: 8}, (_, k) => {
    const latitude = Math.PI / 2 * (from + (to - from) * k / 7), c = Math.cos(latitude), s = Math.sin(latitude);
    return [c, s, c, s, end];
  });
}

function box() {
  const out = [];
  for (let axis = 0; axis < 3; ++axis) {
    for (const side of [-1, 1]) {
      for (const [u, v] of [[-1, -1], [1, -1], [1, 1], [-1, -1], [1, 1], [-1, 1]]) {
        const position = [0, 0, 0], normal = [0, 0, 0];
        normal[axis] = position[axis] = side;
        position[(axis + 1) % 3] = u;
        position[(axis + 2) % 3] = v;
        out.push(...position, ...normal, 0);
      }
    }
  }
  return out;
}

/// Faces keep their own normals: parts of a robot have more edges than curves.
function mesh({vertices, faces}) {
  const out = new Float32Array(faces.length * STRIDE);
  for (let k = 0; k < faces.length; k += 3) {
    const points = [0, 1, 2].map((i) => vertices.slice(3 * faces[k + i], 3 * faces[k + i] + 3));
    const normal = normalize(cross(subtract(points[1], points[0]), subtract(points[2], points[0])));
    points.forEach((p, i) => out.set([...p, ...normal, 0], (k + i) * STRIDE));
  }
  return out;
}

const surfaces = {
  ball: () => turned([...arc(-1, 0, 0), ...arc(0, 1, 0)]),
  capsule: () => turned([...arc(-1, 0, -1), ...arc(0, 1, 1)]),
  cylinder: () => turned([[0, -1, 0, -1, 0], [1, -1, 0, -1, 0], [1, -1, 1, 0, 0], [1, 1, 1, 0, 0], [1, 1, 0, 1, 0], [0, 1, 0, 1, 0]]),
  box,
  dart: () => [0, -1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0],
};

/// What a geom is drawn with: a surface, its scale along x, y, z, and half the length that its ends are
/// pulled apart. The plane is the floor; types that are not named here are not shown.
function surfaceOf({type, size: [a, b, c], mesh: number}) {
  return {
    sphere: ['ball', [a, a, a]],
    ellipsoid: ['ball', [a, b, c]],
    capsule: ['capsule', [a, a, a], b],
    cylinder: ['cylinder', [a, a, b]],
    box: ['box', [a, b, c]],
    mesh: ['mesh' + number, [1, 1, 1]],
  }[type] || [];
}

return {multiply, perspective, lookAt, rigid, normalize, mesh, surfaceOf, surfaces};
})();
