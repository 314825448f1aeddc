"""The robot of an environment in MuJoCo: its file, where its parts are, and its parameters as fields of a model.

Parameters change the model as the judge changes its own (src/judge/judge_model.cpp).
"""
from __future__ import annotations

import pathlib
import tempfile
import tomllib
from typing import TYPE_CHECKING, Any, Mapping, NamedTuple

import mujoco
import numpy as np

from . import _core, shipped

if TYPE_CHECKING:
    from .env import Env

NUM_LEGS, JOINTS_PER_LEG = 4, 3
NUM_JOINTS = NUM_LEGS * JOINTS_PER_LEG


class Robot(NamedTuple):
    """A nominal model and where the robot's parts are in its arrays; joints in Kennel's order."""

    model: mujoco.MjModel
    qpos: np.ndarray  # (12) of each joint's angle
    dof: np.ndarray  # (12) of its velocity
    actuator: np.ndarray  # (12) of its servo
    joint: np.ndarray  # (12)
    base: tuple[int, ...]  # bodies that are the base: its own, and those welded to it
    links: tuple[tuple[int, ...], ...]  # (12) likewise of each joint's link
    turns: tuple[np.ndarray, ...]  # of each body of `base`, a (3, 3) from the base's axes to its own
    pose: np.ndarray  # (12) rad, of the first keyframe: targets are this plus action_scale times the action
    low: np.ndarray  # (12) rad, the hardware's clamp of targets
    high: np.ndarray


def model_file(env: Env) -> pathlib.Path:
    """Of the shipped robot. Raises kennel.Error where the environments are of a model of a recipe's own."""
    file = shipped.mjcf(env.robot)
    if file is not None:
        return file
    what = f'robot "{env.robot}"' if env.robot else f"the task {env.task}"
    raise _core.Error(f"{what}: no MJCF ships for it; make the environments with model=FILE, of a robot")


def nominal_model(env: Env) -> mujoco.MjModel:
    """The model that the environments were made of, its edits included, with the solver's end far out of reach."""
    if env.model is None:
        model = mujoco.MjModel.from_xml_path(str(model_file(env)))
    else:
        source, edits = env.model
        with tempfile.TemporaryDirectory(prefix="kennel-") as folder:
            file = pathlib.Path(folder) / "robot.xml"
            _core.edit_model(source, file, **edits)
            model = mujoco.MjModel.from_xml_path(str(file))
    model.opt.solver = mujoco.mjtSolver.mjSOL_NEWTON
    model.opt.iterations, model.opt.ls_iterations, model.opt.tolerance = 100, 50, 1e-10
    model.opt.disableflags |= mujoco.mjtDisableBit.mjDSBL_AUTORESET  # divergence is to be seen
    return model


def find_robot(model: mujoco.MjModel, target_margin: float) -> Robot:
    """Raises kennel.Error for a model without a keyframe, which has no default pose."""
    if model.nkey == 0:
        raise _core.Error("the model has no keyframe; add one in which the robot stands in its default pose")
    joint = np.flatnonzero(model.jnt_type == mujoco.mjtJoint.mjJNT_HINGE)
    bodies = [int(model.jnt_bodyid[0])] + [int(model.jnt_bodyid[j]) for j in joint]
    rigid = _rigid_bodies(model, bodies)
    of_joint = (model.actuator_trntype == mujoco.mjtTrn.mjTRN_JOINT).nonzero()[0]
    servo = {int(model.actuator_trnid[a, 0]): int(a) for a in of_joint}
    limited = model.jnt_limited[joint].astype(bool)
    qpos = model.jnt_qposadr[joint]
    if any(model.body_geomnum[b] and model.geom_contype[model.body_geomadr[b]] for b in rigid[0]):
        # A body's tree of boxes lies about its centre of mass of load time, which parameters shift.
        model.opt.disableflags |= mujoco.mjtDisableBit.mjDSBL_MIDPHASE
    return Robot(
        model,
        qpos,
        model.jnt_dofadr[joint],
        np.array([servo[int(j)] for j in joint]),
        joint,
        rigid[0],
        tuple(rigid[1:]),
        tuple(_turn(model, body, bodies[0]) for body in rigid[0]),
        model.key_qpos[0, qpos].copy(),
        np.where(limited, model.jnt_range[joint, 0] + target_margin, -2 * np.pi),
        np.where(limited, model.jnt_range[joint, 1] - target_margin, 2 * np.pi),
    )


def _rigid_bodies(model: mujoco.MjModel, moving: list[int]) -> list[tuple[int, ...]]:
    """Of each moving body, itself and the bodies welded to it."""
    owner = {body: body for body in moving}
    for body in range(1, model.nbody):  # parents come first
        if body not in owner and int(model.body_parentid[body]) in owner:
            owner[body] = owner[int(model.body_parentid[body])]
    return [tuple(b for b, of in owner.items() if of == body) for body in moving]


def _turn(model: mujoco.MjModel, body: int, base: int) -> np.ndarray:
    turn = np.eye(3)
    while body != base:
        own = np.empty(9)
        mujoco.mju_quat2Mat(own, model.body_quat[body])
        turn, body = turn @ own.reshape(3, 3).T, int(model.body_parentid[body])
    return turn


def model_fields(robot: Robot, params: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Fields of MjModel of n environments, (n, ...) each, by parameters (n, ...) of `Env.params`.

    Of a link that is several bodies welded together the inertia's factor is of each body's own about
    its own centre of mass, Kennel's of the whole.
    """
    m, n = robot.model, len(params["friction"])
    column = lambda name: np.asarray(params[name], np.float64).reshape(n, -1)  # noqa: E731
    fields = {
        name: np.repeat(getattr(m, name)[None], n, axis=0)
        for name in (
            "geom_friction", "pair_friction", "body_mass", "body_inertia", "body_ipos", "dof_frictionloss", "dof_damping",
            "dof_armature", "actuator_gainprm", "actuator_biasprm", "actuator_forcerange", "jnt_actfrcrange",
        )
        if getattr(m, name).size
    }
    fields["geom_friction"][:, :, 0] = column("friction")
    if m.npair:
        fields["pair_friction"][:, :, :2] = column("friction")[:, :, None]
    masses = np.concatenate([column("base_mass"), column("link_mass")], axis=1)
    inertias = np.concatenate([column("base_inertia"), column("link_inertia")], axis=1)
    for link, bodies in enumerate((robot.base, *robot.links)):
        for body in bodies:
            fields["body_mass"][:, body] *= masses[:, link]
            fields["body_inertia"][:, body] *= inertias[:, link, None]
    for body, turn in zip(robot.base, robot.turns):
        fields["body_ipos"][:, body] += column("base_com_shift") @ turn.T
    for name, factor in (("dof_frictionloss", "joint_friction"), ("dof_damping", "damping"), ("dof_armature", "armature")):
        fields[name][:, robot.dof] *= column(factor)
    strength, kp, kd = column("strength"), column("kp"), column("kd")
    fields["actuator_gainprm"][:, robot.actuator, 0] *= strength * kp
    fields["actuator_biasprm"][:, robot.actuator, 0] *= strength
    fields["actuator_biasprm"][:, robot.actuator, 1] *= strength * kp
    fields["actuator_biasprm"][:, robot.actuator, 2] *= strength * kd
    fields["actuator_forcerange"][:, robot.actuator] *= strength[:, :, None]
    fields["jnt_actfrcrange"][:, robot.joint] *= strength[:, :, None]
    return fields


def targets(robot: Robot, action_scale: float, action: np.ndarray, joint_offset: np.ndarray) -> np.ndarray:
    """rad that servos hold for actions (..., 12). The encoders' zero errors shift what they hold."""
    return np.clip(robot.pose + action_scale * action, robot.low, robot.high) - joint_offset


def model_and_data(env: Env, index: int) -> tuple[mujoco.MjModel, mujoco.MjData]:
    """What `Env.mujoco` returns."""
    recipe = tomllib.loads(env.recipe)
    robot = find_robot(nominal_model(env), recipe["env"]["target_margin"])
    row = lambda views, name: np.asarray(views[name])[index]  # noqa: E731
    model, data = robot.model, mujoco.MjData(robot.model)
    fields = model_fields(robot, {name: np.asarray(env.params[name])[index : index + 1] for name in env.params})
    for name, values in fields.items():
        getattr(model, name)[:] = values[0]
    weights = model.body_invweight0.copy(), model.dof_invweight0.copy()
    mujoco.mj_setConst(model, data)
    if not recipe["env"]["randomization"]["exact_invweight"]:
        model.body_invweight0[:], model.dof_invweight0[:] = weights
    mujoco.mj_resetData(model, data)
    state = env.state
    data.time = float(np.asarray(env.episode_length)[index]) * env.control_dt
    data.qpos[:3], data.qpos[3:7] = row(state, "base_position"), row(state, "base_orientation")
    data.qvel[:3], data.qvel[3:6] = row(state, "base_velocity"), row(state, "base_angular_velocity")
    data.qpos[robot.qpos], data.qvel[robot.dof] = row(state, "joint_position"), row(state, "joint_velocity")
    ctrl = targets(robot, recipe["env"]["action_scale"], row(state, "action"), row(env.params, "joint_offset"))
    data.ctrl[robot.actuator] = ctrl
    mujoco.mj_forward(model, data)
    return model, data


__all__ = ["Robot", "find_robot", "model_and_data", "model_fields", "model_file", "nominal_model", "targets"]
