"""Whatever is handed over wrongly: an exception of the right type, in one line, and the environment goes on."""
import numpy as np
import pytest

import kennel


def refused(type, call, *parts):
    with pytest.raises(type) as caught:
        call()
    message = str(caught.value)
    assert "\n" not in message, message
    for part in parts:
        assert part in message, message


@pytest.mark.parametrize(
    "actions, error, parts",
    [
        (lambda a: a[:-1], ValueError, ["(37, 12)", "(36, 12)"]),
        (lambda a: a[:, :-1], ValueError, ["(37, 12)", "(37, 11)"]),
        (lambda a: a.ravel(), ValueError, ["(37, 12)", "(444,)"]),
        (lambda a: a.astype(np.float64), TypeError, ["float32", "float64", "astype"]),
        (lambda a: a.astype(np.int32), TypeError, ["float32", "int32"]),
        (lambda a: np.asfortranarray(a), ValueError, ["ascontiguousarray"]),
        (lambda a: np.repeat(a, 2, axis=0)[::2], ValueError, ["ascontiguousarray"]),
        (lambda a: a.tolist(), TypeError, ["list", "numpy.asarray"]),
        (lambda a: None, TypeError, ["NoneType"]),
        (lambda a: "act", TypeError, ["str"]),
    ],
)
def test_actions_of_another_kind(env, waves, actions, error, parts):
    before = env.episode_length.copy()
    refused(error, lambda: env.step(actions(waves(env, 0))), "actions", *parts)
    assert np.array_equal(env.episode_length, before), "nothing was stepped"
    env.step(waves(env, 0))


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_actions_that_are_not_finite(env, waves, wrong):
    actions = waves(env, 0)
    actions[5, 3] = wrong
    refused(ValueError, lambda: env.step(actions), "actions[5, 3] = ", "finite")
    assert (env.episode_length == 0).all()


def test_masks_and_clocks_of_another_kind(env):
    refused(TypeError, lambda: env.reset(np.ones(37, np.uint8)), "mask", "bool", "uint8")
    refused(ValueError, lambda: env.reset(np.ones(36, bool)), "mask", "(37,)", "(36,)")
    refused(ValueError, lambda: env.reset(np.ones(37, bool), seed=1), "not both")
    refused(TypeError, lambda: setattr(env, "episode_length", np.zeros(37, np.float32)), "int64", "float32")
    refused(ValueError, lambda: setattr(env, "episode_length", np.zeros(3, np.int64)), "(37,)")


@pytest.mark.parametrize(
    "arguments, parts",
    [
        (dict(id="puper-flat"), ["did you mean pupper-flat"]),
        (dict(robot="pupper_v4"), ["did you mean pupper_v3"]),
        (dict(robot="zebra"), ["there are: pupper_v3, go1"]),
        (dict(id="pupper", task="dance"), ["dance"]),
        (dict(task="poze"), ["did you mean pose"]),
        (dict(recipe="fats"), ["did you mean fast"]),
        (dict(id="pupper", robot="go1"), ["give one of the two"]),
        (dict(id="lqr", robot="go1"), ["has no robot"]),
        (dict(overrides={"env.randomization.fricton": [0.3, 1.6]}), ["fricton", "did you mean friction", "overrides"]),
        (dict(overrides={"env.randomisation.friction": [0.3, 1.6]}), ["did you mean [env.randomization]"]),
        (dict(overrides={"env.randomization.friction": [1.6, 0.3]}), ["lower end first"]),
        (dict(overrides={"env.randomization.friction": 0.3}), ["two numbers [low, high]"]),
        (dict(overrides={"env.max_tilt": float("nan")}), ["env.max_tilt = nan is out of range"]),
        (dict(overrides={"env.history": 99}), ["out of range"]),
        (dict(overrides={"ppo.gamma": 0.9}), ["[ppo]", "learning method's"]),
        (dict(overrides={"gamma": 0.9}), ["no key of a recipe"]),
        (dict(overrides={"env.max_tilt = 1 #": 0.9}), ["no key of a recipe"]),
        (dict(overrides={"task.name": "walk\n[env]"}), ["one line"]),
        (dict(num_envs=0), ["num_envs = 0"]),
        (dict(num_envs=1 << 30), ["num_envs = "]),
        (dict(seed=-1), ["seed = -1"]),
        (dict(output="jax"), ["numpy or torch"]),
        (dict(device="tpu"), ["expected cpu, cuda"]),
        (dict(config="/nowhere/own.toml"), ["/nowhere/own.toml"]),
        (dict(model="/nowhere/robot.xml"), ["/nowhere/robot.xml"]),
        (dict(edits={"feet_only": True}), ["name it with model="]),
        (dict(model="x.xml", edits={"feet_onely": True}), ["did you mean feet_only"]),
        (dict(overrides={"env.bfloat16_obs": True}), ['output="torch"']),
    ],
)
def test_what_make_cannot_make(arguments, parts):
    refused(kennel.Error, lambda: kennel.make(**arguments), *parts)
    assert issubclass(kennel.Error, ValueError)


@pytest.mark.parametrize(
    "arguments",
    [
        dict(id=3),
        dict(num_envs="many"),
        dict(num_envs=2.5),
        dict(num_envs=True),
        dict(seed="now"),
        dict(overrides={3: 4}),
        dict(overrides=["env.max_tilt"]),
        dict(robot=1),
        dict(model="x.xml", edits={"kp": "stiff"}),
        dict(model="x.xml", edits={"feet_only": 1}),
        dict(overrides={"env.max_tilt": object()}),
    ],
)
def test_arguments_of_another_type(arguments):
    refused(TypeError, lambda: kennel.make(**arguments))


def test_what_else_is_handed_to_an_environment(env):
    refused(TypeError, lambda: env.reset(seed="now"), "seed", "whole number")
    refused(ValueError, lambda: env.reset(seed=-1), "seed = -1")
    refused(TypeError, lambda: env.load_state([1, 2]), "list", "save_state")
    refused(ValueError, lambda: env.load_state(b"no state"), "saved environments")
    refused(ValueError, lambda: setattr(env, "progress", float("nan")), "progress = nan")


def test_a_gpu_is_refused_with_the_reason():
    refused(RuntimeError, lambda: kennel.make("pupper", 4, device="cuda:1"), 'device "cuda:1"', 'device="cpu"')
