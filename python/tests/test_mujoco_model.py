"""env.mujoco: MuJoCo, started where an environment is, goes where Kennel goes."""
import numpy as np
import pytest

import kennel

mujoco = pytest.importorskip("mujoco")

AT_ONCE = {"env.randomization.action_latency": [0.0, 0.0], "env.randomization.push_velocity": [0.0, 0.0]}
NOMINAL = {
    **AT_ONCE,
    "env.randomization.nominal_fraction": 1.0,
    "env.randomization.joint_offset": [0.0, 0.0],
    "env.randomization.friction": [0.8, 0.8],
}
EXACT = {"env.randomization.exact_invweight": True, "env.solver_iterations": 20, "env.ls_iterations": 10}


def deviations(overrides, waves, model_of=lambda env, index: env.mujoco(index)):
    """Of a control step by mj_step from Kennel's: largest of positions and joint angles, of velocities; of some 40 steps."""
    positions, velocities = [], []
    with kennel.make("pupper", 4, seed=5, num_threads=1, overrides=overrides) as env:
        env.reset()
        steps = round(env.control_dt / 0.004)
        for step in range(30):
            before = [model_of(env, index) for index in range(env.num_envs)] if step % 3 == 2 else []
            _, _, _, terminated, truncated, _ = env.step(0.3 * waves(env, step))
            for index, (model, data) in enumerate(before):
                if terminated[index] or truncated[index]:
                    continue
                _, after = env.mujoco(index)
                data.ctrl[:] = after.ctrl
                mujoco.mj_step(model, data, steps)
                positions.append(abs(data.qpos - after.qpos).max())
                velocities.append(abs(data.qvel - after.qvel).max())
    assert len(positions) >= 30
    return np.array(positions), np.array(velocities)


# Both run the solver to its end: what is left is float beside double. Every parameter counts here.
@pytest.mark.parametrize("overrides", [{**NOMINAL, **EXACT}, {**AT_ONCE, **EXACT}], ids=["nominal", "randomised"])
def test_a_control_step_agrees_to_rounding_where_the_solver_ends(overrides, waves):
    positions, velocities = deviations(overrides, waves)
    assert positions.max() < 5e-6 and velocities.max() < 2e-4  # m and rad; m/s and rad/s


# Training's two Newton iterations end short of the answer, most of all in a landing.
@pytest.mark.parametrize("overrides", [NOMINAL, AT_ONCE], ids=["nominal", "randomised"])
def test_a_control_step_agrees_with_the_recipes_two_iterations(overrides, waves):
    positions, velocities = deviations(overrides, waves)
    assert np.median(positions) < 3e-3 and np.median(velocities) < 0.06
    assert positions.max() < 0.02 and velocities.max() < 1.5


def test_each_environments_own_parameters_count(waves):
    positions, _ = deviations({**AT_ONCE, **EXACT}, waves, lambda env, index: (env.mujoco(0)[0], env.mujoco(index)[1]))
    own, others = positions[::4], np.delete(positions, slice(None, None, 4))
    assert own.max() < 5e-6 and np.median(others) > 1e-4


def test_the_model_is_the_judges_nominal_one_where_nothing_is_drawn():
    with kennel.make("pupper", 1, seed=5, overrides=NOMINAL) as env:
        env.reset()
        model, data = env.mujoco()
        assert data.time == 0 and model.opt.iterations == 100 and np.allclose(data.qpos[:3], env.state["base_position"][0])
        assert np.isclose(model.body_mass.sum(), 3.17, atol=0.01)


def test_a_model_of_ones_own_with_edits(tmp_path, waves):
    from kennel.mujoco_model import model_file

    with kennel.make("pupper", 1) as env:
        text = model_file(env).read_text()
    file = tmp_path / "mine.xml"
    file.write_text(text.replace('mass="1.506"', 'mass="1.6"'))
    with kennel.make(model=file, num_envs=1, edits={"pyramidal": True}, overrides=NOMINAL) as env:
        env.reset()
        assert np.isclose(env.mujoco()[0].body_mass[1], 1.6)


def test_what_cannot_be_had_is_said_in_one_line(env):
    with pytest.raises(kennel.Error, match="expected 0 to 36"):
        env.mujoco(37)
    with pytest.raises(TypeError):
        env.mujoco("first")
    with kennel.make("pendulum", 2) as small, pytest.raises(kennel.Error, match="no robot"):
        small.reset(), small.mujoco()
