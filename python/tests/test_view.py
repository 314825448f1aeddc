"""Robots in a browser: what is shown, what moves, and that a page's sliders and keys are obeyed."""
import json
import shutil
import signal
import subprocess
import sys
import time
import urllib.request

import mujoco
import numpy as np
import pytest

import kennel

pytest.importorskip("viser", reason="viser is not installed: pip install viser mjviser")
pytest.importorskip("mjviser", reason="mjviser is not installed: pip install viser mjviser")

from kennel import load_policy  # noqa: E402
from kennel.view.checkpoints import Checkpoints, program  # noqa: E402
from kennel.view.simulation import Simulation  # noqa: E402
from kennel.view.source import Source, source_of  # noqa: E402

OPTIONS = {"policy": None, "num_envs": 3, "randomised": False, "checkpoint": "newest", "model": None, "seed": 1}


def until(condition, seconds=60.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def train(folder, *more):
    command = [program(), "train", "--threads", "1", *more]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run of a few iterations, to be copied by whoever changes it."""
    if program() is None:
        pytest.skip("the program is not built: no run to look at; set KENNEL_PROGRAM")
    folder = tmp_path_factory.mktemp("runs") / "run"
    return train(folder, "--recipe", "fast", "--out", str(folder), "--steps", "9216", "--num-envs", "64",
                 "--set", "train.judge_episodes=0", "--set", "train.checkpoint_every=2", "--set", "train.keep_checkpoints=3")


@pytest.fixture
def simulation():
    with kennel.make("pupper", 5, seed=4, num_threads=1, overrides=kennel.view.STEADY) as env:
        yield Simulation(source_of(env, **OPTIONS))


@pytest.fixture
def viewer(trained):
    with kennel.view(trained, num_envs=2, port=0, block=False) as viewer:
        yield viewer


# What is shown.

def test_the_module_is_a_function_and_a_command():
    assert callable(kennel.view) and kennel.view.show.__name__ == "show"
    said = subprocess.run([sys.executable, "-m", "kennel.view", "--help"], capture_output=True, text=True)
    assert said.returncode == 0 and "--num-envs" in said.stdout and "127.0.0.1" in said.stdout


def test_a_run_is_shown_as_it_was_trained(trained):
    source = source_of(trained, **OPTIONS)
    try:
        assert source.env.num_envs == 3 and source.env.robot == "pupper_v3" and source.model.name == "pupper_v3.xml"
        assert source.policy.obs_size == source.env.obs_size
        source.env.reset()
        assert (np.asarray(source.env.params["link_mass"]) == 1).all(), "nominal, unless randomised is asked for"
    finally:
        source.close()


def test_randomised_robots_differ(trained):
    source = source_of(trained, **{**OPTIONS, "randomised": True})
    try:
        source.env.reset()
        assert len(np.unique(source.env.params["base_mass"])) == 3
    finally:
        source.close()


def test_a_policy_file_alone_is_enough(trained):
    for what in (trained / "policy.json", load_policy(trained / "policy.json")):
        source = source_of(what, **OPTIONS)
        try:
            assert source.env.obs_size == source.policy.obs_size and source.checkpoints is None
        finally:
            source.close()


def test_what_cannot_be_shown_is_said_in_a_line(tmp_path, trained):
    with kennel.make("lqr", 2) as env:
        for what, said in ((tmp_path / "none", "no run or policy"), (tmp_path, "is no run's folder"), (env, "no robot to show"), (3, "got a int")):
            with pytest.raises(kennel.Error, match=said) as refused:
                kennel.view(what)
            assert "\n" not in str(refused.value)
    with pytest.raises(kennel.Error, match="num_envs = 0; expected 1 to 256"):
        kennel.view(trained, num_envs=0)
    with pytest.raises(kennel.Error, match="there are steps"):
        kennel.view(trained, checkpoint=12345)
    with kennel.make("pupper", 2, overrides={"env.history": 1}) as env:
        with pytest.raises(kennel.Error, match="36 to 12"):
            kennel.view(env, policy=trained / "policy.json")


def test_a_wrong_number_ends_the_command_in_a_line(tmp_path):
    said = subprocess.run([sys.executable, "-m", "kennel.view", str(tmp_path / "none")], capture_output=True, text=True)
    assert said.returncode == 1 and said.stderr.startswith("kennel: no run or policy") and said.stderr.count("\n") == 1


def test_the_command_serves_a_page_until_it_is_interrupted(trained):
    command = [sys.executable, "-m", "kennel.view", str(trained), "--port", "0", "--command=-0.2,0,0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            said = process.stderr.readline()
            assert "kennel: run at http://127.0.0.1:" in said, said + process.stderr.read()
            assert urllib.request.urlopen(said.split()[-1], timeout=60).status == 200
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 0 and process.stderr.read() == ""
        finally:
            process.kill()


# Robots under one command.

def test_a_command_stays_what_it_is(simulation):
    simulation.command[:] = 0.3, -0.1, 0.7
    for _ in range(120):
        simulation.step()
    assert np.allclose(simulation.state("command"), [0.3, -0.1, 0.7])
    command = next(term for term in simulation.env.obs_terms if term.name == "command")
    assert np.allclose(np.asarray(simulation.obs)[:, command.offset: command.offset + 3], np.multiply(simulation.command, command.scale))


def test_a_push_is_as_fast_as_it_says_and_another_way_for_each(simulation):
    before = simulation.state("base_velocity").copy()
    simulation.push(0.8)
    change = simulation.state("base_velocity") - before
    assert np.allclose(np.linalg.norm(change, axis=1), 0.8, atol=1e-5) and (change[:, 2] == 0).all()
    assert len(np.unique(change[:, 0])) == simulation.env.num_envs
    simulation.step()
    after = simulation.state("base_velocity")[:, :2]
    assert (np.sum(after * change[:, :2], axis=1) > 0.2).all(), "what was written counts in the step"


def test_measured_velocities_are_in_the_bases_axes(simulation):
    for _ in range(20):
        simulation.step()
    measured = simulation.measured()
    for robot in range(simulation.env.num_envs):
        back, expected = np.zeros(4), np.zeros(3)
        mujoco.mju_negQuat(back, simulation.state("base_orientation")[robot].astype(float))
        mujoco.mju_rotVecQuat(expected, simulation.state("base_velocity")[robot].astype(float), back)
        assert np.allclose(measured[robot, :2], expected[:2], atol=1e-6)
    assert np.allclose(measured[:, 2], simulation.state("base_angular_velocity")[:, 2])


def test_robots_set_out_along_x_from_where_their_episodes_began(simulation):
    position, quaternion = simulation.walked()
    assert np.allclose(position[:, :2], 0, atol=1e-6)
    forward = np.zeros((5, 3))
    for robot in range(5):
        mujoco.mju_rotVecQuat(forward[robot], np.array([1.0, 0, 0]), quaternion[robot])
    assert (forward[:, 0] > 0.9).all() and np.allclose(forward[:, 1], 0, atol=1e-5)
    heading = simulation._home[:, 2].copy()
    simulation.state("base_velocity")[:] = np.stack([np.cos(heading), np.sin(heading), 0 * heading], axis=1)
    simulation.step()
    position, _ = simulation.walked()
    assert (position[:, 0] > 0.005).all() and (np.abs(position[:, 1]) < 0.5 * position[:, 0]).all()


def test_the_last_seconds_are_kept_oldest_first(simulation):
    for step in range(400):
        simulation.command[0] = step / 1000
        simulation.step()
    lately = simulation.lately(2)
    assert len(lately["time"]) == 300 and np.allclose(np.diff(lately["time"]), 0.02)
    assert np.allclose(lately["command"][:, 0], np.arange(100, 400) / 1000)
    assert lately["torque"].shape == (300, 12) and lately["contact"].shape == (300, 4)
    assert np.array_equal(lately["torque"][-1], simulation.state("joint_torque")[2])


# Checkpoints.

def test_each_checkpoint_is_the_policy_of_its_steps(trained):
    checkpoints = Checkpoints(trained)
    steps = checkpoints.steps()
    assert len(steps) == 3 and steps == sorted(steps)
    assert checkpoints.choices()[0] == "newest" and checkpoints.choices()[-1] == str(steps[0])
    for step in steps:
        assert checkpoints.load(str(step)).env_steps == step
    newest, finished = checkpoints.load("newest"), load_policy(trained / "policy.json")
    obs = np.random.default_rng(0).normal(size=(4, newest.obs_size)).astype(np.float32)
    assert newest.env_steps == steps[-1] and np.array_equal(newest(obs), finished(obs))


def test_without_the_program_the_finished_policy_is_shown(trained, monkeypatch):
    monkeypatch.setattr("kennel.view.checkpoints.program", lambda: None)
    assert Checkpoints(trained).load("newest").env_steps == Checkpoints(trained).steps()[-1]
    with pytest.raises(kennel.Error, match="set KENNEL_PROGRAM"):
        Checkpoints(trained).load("best")


def test_what_training_writes_is_shown(trained, tmp_path):
    run = shutil.copytree(trained, tmp_path / "run", symlinks=True)
    with kennel.view(run, port=0, block=False) as viewer:
        before = viewer.simulation.policy.env_steps
        train(run, "--resume", str(run), "--steps", "15360")
        assert until(lambda: viewer.simulation.policy.env_steps >= 15360), viewer.controls.status.content
        assert viewer.simulation.policy.env_steps > before
        oldest = Checkpoints(run).steps()[0]
        assert until(lambda: str(oldest) in viewer.controls.checkpoint.options)
        viewer.do(lambda: viewer.choose(str(oldest)))
        assert until(lambda: viewer.simulation.policy.env_steps == oldest)
        viewer.do(lambda: viewer.choose("777"))
        assert until(lambda: "no checkpoint '777'" in viewer.controls.status.content), "and goes on"
        assert viewer.simulation.policy.env_steps == oldest and viewer.error is None


# The page.

def test_the_page_is_served_to_this_machine_alone(viewer, capsys):
    assert viewer.url.startswith("http://127.0.0.1:") and viewer.server.get_host() == "127.0.0.1"
    assert urllib.request.urlopen(viewer.url, timeout=60).read(30).lower().startswith(b"<!doctype html")


def test_a_page_for_others_warns(trained, capfd):
    viewer = kennel.view(trained, host="0.0.0.0", port=0, block=False)
    viewer.close()
    viewer.close()
    said = capfd.readouterr()
    assert "it has no password" in said.err and not said.out


def test_robots_are_drawn_where_they_are_and_the_followed_one_stays(viewer):
    assert until(lambda: viewer.simulation.time > 0.5)
    viewer.do(viewer.toggle_pause)
    assert until(lambda: viewer.paused)
    walked, scene = viewer.simulation.walked()[0], viewer.scene
    from_followed = (walked + scene.cells)[:, :2] - (walked + scene.cells)[viewer.followed, :2]
    assert until(lambda: np.allclose(scene.positions[:, scene.base, :2], from_followed, atol=1e-6))
    assert np.allclose(scene.positions[:, scene.base, 2], walked[:, 2]), "the floor is at 0"
    seen = [batch for batch in scene.drawn._mesh_groups if batch.handle.visible]  # what collides is hidden
    assert seen
    for batch in seen:
        shown = batch.handle.batched_positions.reshape(2, -1, 3)
        assert np.allclose(shown, scene.positions[:, batch.body_ids], atol=1e-6)


def test_pause_and_single_step(viewer):
    viewer.do(viewer.single_step)
    assert until(lambda: viewer.paused)
    time.sleep(0.1)
    at = viewer.simulation.time
    time.sleep(0.3)
    assert viewer.simulation.time == at
    viewer.do(viewer.single_step)
    assert until(lambda: viewer.simulation.time > at)
    assert viewer.simulation.time == pytest.approx(at + 0.02)


def test_an_environment_is_shown_with_any_policy_and_stays_the_callers():
    with kennel.make("pupper", 2, num_threads=1) as env:
        seen = []
        with kennel.view(env, policy=lambda obs: seen.append(obs.shape) or np.zeros((2, 12)), port=0, block=False) as viewer:
            viewer.tell([0.2, 0, 0])
            assert until(lambda: len(seen) > 3 and viewer.simulation.command[0] == np.float32(0.2))
            with pytest.raises(kennel.Error, match="expected 3 finite numbers: vx, vy, yaw"):
                viewer.tell([1.0])
        assert seen[0] == (2, env.obs_size) and not env.closed
        env.step(np.zeros((2, 12), np.float32))


def test_an_error_of_the_policys_ends_the_view_and_is_raised():
    def broken(obs):
        raise RuntimeError("a policy that breaks")

    with kennel.make("pupper", 1, num_threads=1) as env:
        with pytest.raises(RuntimeError, match="a policy that breaks"):
            kennel.view(env, policy=broken, port=0)


@pytest.fixture
def page(viewer):
    pytest.importorskip("websockets.sync.client", reason="websockets is not installed: it comes with viser")
    import chromium

    if chromium.PROGRAM is None:
        pytest.skip("chromium is not installed: nothing opens the page")
    with chromium.Chromium(viewer.url, 900, 450) as page:
        chromium.until(lambda: page.evaluate("document.querySelectorAll('canvas').length"), 120, "the page's canvas")
        chromium.until(lambda: page.evaluate("document.querySelectorAll('[role=slider]').length") >= 4, 120, "the page's sliders")
        yield page


def test_a_browser_sees_the_robots_move_and_obeys(viewer, page):
    def picture():
        return page.screenshot(clip={"x": 330, "y": 200, "width": 230, "height": 240, "scale": 1})  # between the panels

    seen = picture()
    assert until(lambda: picture() != seen, 120), "nothing moves"

    page.evaluate("document.querySelectorAll('[role=slider]')[0].focus()")
    page.press("ArrowRight")
    assert until(lambda: viewer.simulation.command[0] > 0), "a slider changes the command"
    assert until(lambda: (viewer.simulation.state("command")[:, 0] > 0).all()), "of all robots"

    page.evaluate("document.activeElement.blur()")
    page.press("x")
    assert until(lambda: viewer.simulation.command[0] == 0), "X stops the robots"
    page.press("i")
    assert until(lambda: viewer.simulation.command[0] == pytest.approx(0.15)), "I: a fifth of 0.75 m/s more"
    page.press(" ")
    assert until(lambda: viewer.paused) and until(lambda: "paused" in page.evaluate("document.body.innerText"))
    assert until(lambda: picture() == picture(), 120), "paused, and something moves"
    at, seen = viewer.simulation.time, picture()
    for _ in range(5):
        page.press("n")
    assert until(lambda: viewer.simulation.time > at + 0.09), "N steps"
    assert until(lambda: picture() != seen, 120), "and the page shows it"
