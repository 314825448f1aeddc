"""What `make` makes: what `kennel train` would train on."""
import pathlib
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import kennel

ENVS = pathlib.Path(kennel.__file__).resolve().parent / "envs"


@pytest.mark.parametrize("id", ["pupper", "pupper-flat", "pupper-pose", "go1-joystick", "go1", "lqr", "pendulum"])
def test_ids_are_robots_and_tasks(id):
    stands_for = kennel.ids()[id]
    with kennel.make(id, 5) as env:
        assert env.task == stands_for["task"] and env.robot == stands_for.get("robot", "")
        obs, privileged_obs = env.reset()
        for _ in range(3):
            obs, *_ = env.step(np.zeros((5, env.num_actions), np.float32))
        assert obs.shape == (5, env.obs_size) and np.isfinite(obs).all()
        assert env.max_episode_length > 0 and env.control_dt > 0


def test_all_ids_can_be_made():
    for id in kennel.ids():
        with kennel.make(id, 2) as env:
            env.reset()


def test_what_is_not_said_is_as_the_recipe_has_it():
    with kennel.make("pupper") as env:
        assert env.num_envs == 1024 and "num_envs = 1024" in env.recipe


def test_overrides_are_the_recipes_keys():
    overrides = {
        "env.randomization.friction": (0.3, 0.4),
        "env.episode_seconds": np.float32(2.0),
        "env.random_first_clock": True,
        "env.history": 1,
    }
    with kennel.make("pupper", 50, overrides=overrides) as env:
        env.reset()
        friction = env.params["friction"]
        assert (0.3 <= friction).all() and (friction <= 0.4).all() and friction.std() > 0
        assert env.max_episode_length == round(2.0 / env.control_dt) and env.obs_size == 36
        assert len(set(env.episode_length)) > 10
        assert "friction = [0.3, 0.4]" in env.recipe


def test_a_recipe_by_name_and_of_ones_own(tmp_path):
    own = tmp_path / "own.toml"
    own.write_text("[env]\nmax_tilt = 0.7\n[ppo]\ngamma = 0.9\n")
    with kennel.make("pupper", 2, recipe="fast", config=own) as env:
        assert "max_tilt = 0.7" in env.recipe and "settle_seconds = 0" in env.recipe


def test_a_resolved_recipe_makes_the_same_environments(tmp_path):
    with kennel.make("pupper-pose", 9, seed=4, overrides={"env.max_tilt": 0.7}) as env:
        resolved = tmp_path / "resolved.toml"
        resolved.write_text(env.recipe)
        with kennel.make(config=resolved) as again:
            assert again.recipe == env.recipe and again.num_envs == 9
            assert np.array_equal(env.reset()[0], again.reset()[0])


def test_any_quadruped_is_brought_along():
    with kennel.make(model=_source("go1/go1.xml"), num_envs=3) as env:
        env.reset()
        assert np.isfinite(env.step(np.zeros((3, 12), np.float32))[0]).all()
        assert env.robot == "" and "model" in env.recipe


def _source(name: str) -> pathlib.Path:
    beside = ENVS / name
    return beside if beside.exists() else pathlib.Path(__file__).resolve().parents[2] / "envs" / name


def test_neither_torch_nor_an_adapters_library_is_imported():
    program = textwrap.dedent("""
        import sys, kennel
        env = kennel.make("pupper", 4); env.reset()
        loaded = {"torch", "gymnasium", "mujoco", "rsl_rl", "stable_baselines3", "skrl"} & set(sys.modules)
        assert not loaded, loaded
        maps = open("/proc/self/maps").read()
        assert "libtorch" not in maps and "libmujoco" in maps
    """)
    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_stubs_say_what_the_module_has():
    stub = pathlib.Path(kennel._core.__file__).parent / "_core.pyi"
    text = stub.read_text()
    assert (stub.parent / "py.typed").exists()
    for name in ("class Simulator", "def step(", "def make(", "class Error"):
        assert name in text, name
