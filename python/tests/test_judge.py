"""The judge says in Python what `kennel eval --json` prints."""
import json
import math
import os
import signal
import subprocess
import threading
import time

import pytest

import kennel


def printed(program, policy, *flags):
    out = subprocess.run([program, "eval", str(policy), "--json", *flags], check=True, capture_output=True, text=True)
    (line,) = out.stdout.splitlines()
    return {key: math.nan if value is None else value for key, value in json.loads(line).items()}


def same(one, other):
    assert list(one) == list(other)
    for key, value in one.items():
        both_nan = isinstance(value, float) and math.isnan(value) and math.isnan(other[key])
        assert value == other[key] or both_nan, key


@pytest.mark.parametrize(
    "condition, physics", [("nominal", "mujoco"), ("randomised", "mujoco"), ("shifted", "kennel"), ("nominal", "exact")]
)
def test_it_is_the_command_s(program, robot_run, condition, physics):
    policy = robot_run / "policy.json"
    flags = ["--episodes", "3", "--seed", "7", "--condition", condition, "--physics", physics]
    same(kennel.judge(policy, 3, seed=7, condition=condition, physics=physics), printed(program, policy, *flags))


def test_a_command_told_all_the_time(program, robot_run):
    result = kennel.judge(robot_run, 2, seed=7, command=(0.3, 0.0, 0.1), num_threads=1)
    assert result["command"] == {"vx": 0.3, "vy": 0.0, "yaw_rate": 0.1}
    flags = ["--episodes", "2", "--seed", "7", "--condition", "nominal", "--command", "0.3", "0", "0.1"]
    same(result, printed(program, robot_run, *flags))


def test_a_task_without_a_robot(program, small_run):
    pytest.importorskip("torch")
    if not kennel._core.built_for_torch:
        pytest.skip("built without LibTorch")
    policy = small_run / "policy.json"
    same(kennel.judge(policy, 50, seed=7), printed(program, policy, "--episodes", "50", "--seed", "7"))
    with pytest.raises(kennel.Error, match="no robot"):
        kennel.judge(policy, condition="shifted")


def test_ctrl_c_ends_it_at_once(robot_run):
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    start = time.monotonic()
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        kennel.judge(robot_run, 1_000_000, num_threads=1)
    assert time.monotonic() - start < 30


@pytest.mark.parametrize(
    "arguments, parts",
    [
        (dict(condition="shift"), "nominal, randomised, shifted"),
        (dict(physics="bullet"), "mujoco, kennel, exact"),
        (dict(episodes=0), "episodes = 0"),
        (dict(seed=-1), "seed = -1"),
        (dict(command=(1.0, 2.0)), "three numbers"),
        (dict(model="no/such.xml"), "no/such.xml"),
    ],
)
def test_what_does_not_fit(robot_run, arguments, parts):
    with pytest.raises(kennel.Error, match=parts) as caught:
        kennel.judge(robot_run, **arguments)
    assert "\n" not in str(caught.value)
