"""Robots in 3D: MuJoCo's model, drawn by mjviser with one batch of instances a mesh."""
from __future__ import annotations

import math
import os

import mjviser
import mujoco
import numpy as np
import viser

from .simulation import Simulation

TOLD, DONE, FORCE = (40, 90, 220), (30, 150, 70), (200, 40, 140)  # colours of arrows


class Scene:
    """All robots on one floor, a cell of a square grid each; the followed one is held in the middle.

    A robot is where it went since its episode began in its cell, heading along x. Robots do not meet: where they overlap they pass
    through each other, as each has a world of its own.
    """

    def __init__(self, server: viser.ViserServer, model: str | os.PathLike, robots: int):
        self.server = server
        self.model = mujoco.MjModel.from_xml_path(os.fspath(model))
        self.data = mujoco.MjData(self.model)
        hinges = [j for j in range(self.model.njnt) if self.model.jnt_type[j] == mujoco.mjtJoint.mjJNT_HINGE]
        self.feet = [_foot(self.model, self.model.jnt_bodyid[j]) for j in hinges[2::3]]
        self.base = int(self.model.jnt_bodyid[0])
        self.weight = float(self.model.body_subtreemass[self.base] * np.linalg.norm(self.model.opt.gravity))
        if self.model.nkey:
            self.data.qpos[:] = self.model.key_qpos[0]
        mujoco.mj_kinematics(self.model, self.data)
        # m from the base to the farthest link: the measure of cells, arrows and the camera's distance.
        self.reach = float(np.linalg.norm(self.data.xpos[self.base:] - self.data.xpos[self.base], axis=1).max())
        side = math.ceil(math.sqrt(robots))
        self.middle = min((side // 2) * side + side // 2, robots - 1)  # the robot that is followed at first
        cell = np.stack([np.arange(robots) // side, np.arange(robots) % side, np.zeros(robots)], axis=1)
        self.cells = 5.0 * self.reach * (cell - [side // 2, side // 2, 0])
        self.drawn = mjviser.ViserMujocoScene(server, self.model, num_envs=robots)
        self.drawn.camera_tracking_enabled = False  # it would hold the base's height as well: the floor would bounce
        self.positions = np.zeros((robots, self.model.nbody, 3))
        self.rotations = np.zeros((robots, self.model.nbody, 3, 3))
        self.show_arrows = True
        thick = 0.035 * self.reach
        self.colours = np.array([TOLD, DONE] + [FORCE] * len(self.feet), np.uint8)
        self.arrows = server.scene.add_arrows(
            "/arrows", np.zeros((len(self.colours), 2, 3), np.float32), self.colours,
            shaft_radius=thick, head_radius=2 * thick, head_length=3 * thick)
        distance = self.reach * (6.0 + 3.5 * (side - 1))
        server.initial_camera.position = distance * np.array([-0.62, -0.62, 0.48])
        server.initial_camera.look_at = np.array([0.0, 0.0, 0.5 * self.reach])

    def update(self, simulation: Simulation, followed: int) -> None:
        """Draws the robots as they are now."""
        (position, quaternion), joints = simulation.walked(), simulation.state("joint_position")
        middle = np.array([*(position[followed, :2] + self.cells[followed, :2]), 0.0])
        feet = np.zeros((len(self.feet), 3))
        for robot in range(len(self.cells)):
            self.data.qpos[:] = np.concatenate([position[robot], quaternion[robot], joints[robot]])
            mujoco.mj_kinematics(self.model, self.data)
            self.positions[robot] = self.data.xpos + self.cells[robot] - middle
            self.positions[robot, 0] = 0.0  # the world
            self.rotations[robot] = self.data.xmat.reshape(-1, 3, 3)
            if robot == followed:
                feet[:] = self.data.geom_xpos[self.feet] + self.cells[robot] - middle
        with self.server.atomic():
            self.drawn.update_from_arrays(self.positions, self.rotations)
            self.drawn.fixed_bodies_frame.position = -middle
            self.arrows.visible = self.show_arrows
            if self.show_arrows:
                lines = self._arrows(simulation, followed, feet)
                shown = np.any(lines[:, 0] != lines[:, 1], axis=1)  # one without length would still have its head
                self.arrows.points, self.arrows.colors = lines[shown], self.colours[shown]

    def _arrows(self, simulation: Simulation, followed: int, feet: np.ndarray) -> np.ndarray:
        """(2 + 4, 2, 3): velocity as told and as it is, above the base; the floor's force on each foot, beside its leg."""
        lines = np.zeros((2 + len(feet), 2, 3), np.float32)
        base = self.positions[followed, self.base] + [0, 0, 0.8 * self.reach]
        lines[:2] = base
        if simulation.told[0][0] == "vx" and simulation.told[1][0] == "vy":
            forward = self.rotations[followed, self.base, :2, 0]
            forward = forward / max(np.linalg.norm(forward), 1e-6)
            heading = np.array([[forward[0], -forward[1]], [forward[1], forward[0]]])
            fastest = max(abs(bound) for bound in simulation.told[0][1]) or 1.0
            for arrow, velocity in enumerate((simulation.command, simulation.measured()[followed])):
                lines[arrow, 1, :2] += 1.5 * self.reach / fastest * heading @ velocity[:2]
                lines[arrow, :, 2] += 0.12 * self.reach * arrow
        left = self.rotations[followed, self.base, :, 1]
        outwards = np.sign((feet - self.positions[followed, self.base]) @ left)
        lines[2:] = (feet + 0.2 * self.reach * outwards[:, None] * left)[:, None]
        lines[2:, 1, 2] += 1.5 * self.reach * simulation.state("foot_force")[followed] / self.weight
        return lines


def _foot(model: mujoco.MjModel, link: int) -> int:
    """What touches the floor at the end of a leg: the colliding geom farthest from its last joint."""
    bodies = [body for body in range(link, model.nbody) if _within(model, body, link)]
    geoms = [g for g in range(model.ngeom) if model.geom_bodyid[g] in bodies]
    touching = [g for g in geoms if model.geom_contype[g] | model.geom_conaffinity[g]] or geoms
    return max(touching, key=lambda g: np.linalg.norm(model.geom_pos[g]))


def _within(model: mujoco.MjModel, body: int, link: int) -> bool:
    while body > link:
        body = model.body_parentid[body]
    return body == link
