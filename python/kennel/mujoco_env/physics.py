"""mujoco.batch.Batch with Kennel's names: state, feet, torques, parameters of each environment."""
from __future__ import annotations

from typing import Mapping

import mujoco
import numpy as np
from mujoco.batch import Batch

from .. import _core
from ..mujoco_model import JOINTS_PER_LEG, NUM_LEGS, Robot, model_fields

LS_ITERATIONS = 5  # of each line search, as the robots' files have it; Kennel's is another search, whose number means another thing
TOUCH = 0.001  # m, nearer than that a foot is on the floor


class Physics:
    """num_envs robots on a thread pool that is kept. The spheres touch the floor alone, as in Kennel.

    After a step, what is derived (geoms, velocities of points, torques) is of the last physics step's start, as
    Kennel's report is.
    """

    def __init__(self, robot: Robot, num_envs: int, num_threads: int, iterations: int, exact_invweight: bool):
        model = robot.model
        model.opt.iterations, model.opt.ls_iterations, model.opt.tolerance = iterations, LS_ITERATIONS, 1e-8
        collides = (model.geom_contype != 0) | (model.geom_conaffinity != 0)
        floor = model.geom_type == mujoco.mjtGeom.mjGEOM_PLANE
        model.geom_contype[:] = np.where(collides, np.where(floor, 1, 2), 0)
        model.geom_conaffinity[:] = np.where(collides, np.where(floor, 2, 1), 0)
        self.robot, self.num_envs, self._exact = robot, num_envs, exact_invweight
        self._spheres(collides)
        self._batch = Batch(model, num_envs, num_threads)
        self.qpos, self.qvel = self._batch.bind("qpos"), self._batch.bind("qvel")
        self._geom, self._cvel = self._batch.bind("geom_xpos"), self._batch.bind("cvel")
        self._com, self._force = self._batch.bind("subtree_com"), self._batch.bind("actuator_force")
        self._warnings = np.zeros(num_envs)
        self._ctrl: np.ndarray | None = None

    def _spheres(self, collides: np.ndarray) -> None:
        """Each leg's foot, the sphere that ends its last link, and its elbow, the other one."""
        m, robot = self.robot.model, self.robot
        sphere = collides & (m.geom_type == mujoco.mjtGeom.mjGEOM_SPHERE)
        feet, elbows = [], []
        for leg in range(NUM_LEGS):
            links = robot.links[JOINTS_PER_LEG * leg : JOINTS_PER_LEG * (leg + 1)]
            own = [[g for b in bodies for g in np.flatnonzero(sphere & (m.geom_bodyid == b))] for bodies in links]
            others = own[0] + own[1] + own[2][:-1]
            if not own[2] or len(others) > 1:
                raise _core.Error(
                    f'backend="mujoco": leg {leg} has {len(sum(own, []))} spheres; expected a foot on its last link and at '
                    'most one elbow; edits={"feet_only": True} makes that'
                )
            feet.append(own[2][-1])
            elbows.append(others[0] if others else -1)
        self._feet, self._elbows = np.array(feet), np.array(elbows)

    def step(self, ctrl: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Advances by n physics steps.

        Args:
          ctrl: (num_envs, n, 12) rad, targets in Kennel's order.

        Returns:
          Orientation (num_envs, n + 1, 4) and omega (num_envs, n + 1, 3) before each physics step and after the last, and
          (num_envs) where MuJoCo warned: of a state that diverged.
        """
        if self._ctrl is None or self._ctrl.shape != ctrl.shape:
            self._ctrl, self._out = np.empty(ctrl.shape), {}
        self._ctrl[:, :, self.robot.actuator] = ctrl
        first_q, first_omega = self.qpos[:, None, 3:7].copy(), self.qvel[:, None, 3:6].copy()
        self._out = self._batch.rollout(ctrl.shape[1], self._ctrl, record=("qpos", "qvel"), out=self._out)
        before, self._warnings = self._warnings, self._count_warnings()
        orientation = np.concatenate([first_q, self._out["qpos"][:, :, 3:7]], axis=1)
        return orientation, np.concatenate([first_omega, self._out["qvel"][:, :, 3:6]], axis=1), self._warnings > before

    def _count_warnings(self) -> np.ndarray:
        return np.asarray(self._batch.warning).reshape(self.num_envs, -1).sum(axis=1).astype(np.float64)

    def restart(self, ids: np.ndarray, params: Mapping[str, np.ndarray], state: Mapping[str, np.ndarray]) -> None:
        """Makes environments other robots in other states: rows for `ids` of both."""
        batch, model = self._batch, self.robot.model
        for name, values in model_fields(self.robot, params).items():
            batch.expand(name)[ids] = values
        batch.set_const(ids.astype(np.int32))
        if not self._exact:
            for name in ("body_invweight0", "dof_invweight0"):
                batch.expand(name)[ids] = getattr(model, name)
        batch.reset(ids.astype(np.int32), stage=mujoco.mjtStage.mjSTAGE_NONE.value)
        self.qpos[ids, :3], self.qpos[ids, 3:7] = state["base_position"], state["base_orientation"]
        self.qvel[ids, :3], self.qvel[ids, 3:6] = state["base_velocity"], state["base_angular_velocity"]
        self.qpos[np.ix_(ids, self.robot.qpos)] = state["joint_position"]
        self.qvel[np.ix_(ids, self.robot.dof)] = state["joint_velocity"]
        self._warnings = self._count_warnings()

    def state(self) -> dict[str, np.ndarray]:
        """Copies, by the names of kennel.Env.state."""
        q = self.qpos[:, 3:7]
        return {
            "base_position": self.qpos[:, :3].copy(),
            "base_orientation": q / np.linalg.norm(q, axis=1, keepdims=True),
            "base_velocity": self.qvel[:, :3].copy(),
            "base_angular_velocity": self.qvel[:, 3:6].copy(),
            "joint_position": self.qpos[:, self.robot.qpos],
            "joint_velocity": self.qvel[:, self.robot.dof],
        }

    def report(self) -> dict[str, np.ndarray]:
        """Of the last physics step: foot_height, elbow_height (num_envs, 4), foot_velocity (num_envs, 4, 3), joint_torque."""
        m, feet = self.robot.model, self._feet
        point, radius, body = self._geom[:, feet], m.geom_size[feet, 0], m.geom_bodyid[feet]
        height = point[:, :, 2] - radius
        point[:, :, 2] -= radius + 0.5 * height  # MuJoCo's contact: midway between the two surfaces
        motion = self._cvel[:, body]
        velocity = motion[:, :, 3:] + np.cross(motion[:, :, :3], point - self._com[:, None, m.body_rootid[self.robot.base[0]]])
        elbow = self._geom[:, self._elbows, 2] - m.geom_size[self._elbows, 0]
        return {
            "foot_height": height,
            "elbow_height": np.where(self._elbows < 0, 1e6, elbow),
            "foot_velocity": velocity,
            "joint_torque": self._force[:, self.robot.actuator],
        }

    def traits(self) -> tuple[int, np.ndarray]:
        """Which of a leg's joints moves it sideways, and (4) which legs are of front left's diagonal."""
        m, data = self.robot.model, mujoco.MjData(self.robot.model)
        data.qpos[:] = m.key_qpos[0]
        mujoco.mj_kinematics(m, data)
        forward = data.xmat[self.robot.base[0]].reshape(3, 3)[:, 0]
        along = np.abs(data.xaxis[self.robot.joint] @ forward).reshape(NUM_LEGS, JOINTS_PER_LEG)
        hip = data.xanchor[self.robot.joint[::JOINTS_PER_LEG]] - data.xpos[self.robot.base[0]]
        hip = hip @ data.xmat[self.robot.base[0]].reshape(3, 3)
        return int(along.sum(axis=0).argmax()), hip[:, 0] * hip[:, 1] > 0
