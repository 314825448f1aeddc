import pathlib
import signal
import subprocess

import numpy as np
import pytest

import kennel


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell's background job: tests of Ctrl-C would wait for ever
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def env():
    with kennel.make("pupper-flat", num_envs=37, seed=3, num_threads=1) as made:
        made.reset()
        yield made


@pytest.fixture
def waves():
    """Actions that depend on the step and the environment alone: waves(env, step)."""

    def actions(env, step: int) -> np.ndarray:
        phases = np.arange(env.num_envs)[:, None] + np.arange(env.num_actions)[None, :]
        return (0.8 * np.sin(0.7 * step + phases)).astype(np.float32)

    return actions


@pytest.fixture
def tumbles():
    """Actions from bound to bound, which throw most robots over within six seconds: tumbles(env, step)."""

    def actions(env, step: int) -> np.ndarray:
        phases = np.arange(env.num_envs)[:, None] + np.arange(env.num_actions)[None, :]
        return np.sign(np.sin(0.7 * step + phases**2)).astype(np.float32)

    return actions


@pytest.fixture(scope="session")
def program() -> str:
    """The program of the same build."""
    found = pathlib.Path(kennel.__file__).absolute().parents[2] / "bin" / "kennel"
    if not found.is_file():
        found = pathlib.Path(kennel.__file__).resolve().parents[2] / "build" / "bin" / "kennel"
    if not found.is_file():
        pytest.skip(f"no program beside the package ({found})")
    return str(found)


def run_of(program: str, folder: pathlib.Path, *flags: str) -> pathlib.Path:
    command = [program, "train", "--out", str(folder), "--device", "cpu", "--threads", "1", "--seed", "5", *flags]
    subprocess.run([*command, "--set", "train.judge_episodes = 0"], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def robot_run(program, tmp_path_factory) -> pathlib.Path:
    """A run of a robot, hardly trained, by the program."""
    return run_of(program, tmp_path_factory.mktemp("runs") / "robot", "--num-envs", "64", "--steps", "2000")


@pytest.fixture(scope="session")
def small_run(program, tmp_path_factory) -> pathlib.Path:
    """A run of a task without a robot, by the program."""
    return run_of(program, tmp_path_factory.mktemp("runs") / "lqr", "--task", "lqr", "--num-envs", "64", "--steps", "20000")
