"""The batch itself: memory, steps, resets, clocks, state."""
import gc
import os
import threading
import time
import weakref

import numpy as np
import pytest

import kennel


def pointer(array) -> int:
    return array.__array_interface__["data"][0]


def test_arrays_have_the_shapes_and_types_that_are_promised(env, waves):
    obs, privileged_obs, reward, terminated, truncated, info = env.step(waves(env, 0))
    n = env.num_envs
    assert obs.shape == (n, env.obs_size) and privileged_obs.shape == (n, env.privileged_obs_size)
    assert obs.dtype == privileged_obs.dtype == reward.dtype == np.float32
    assert reward.shape == terminated.shape == truncated.shape == (n,)
    assert terminated.dtype == truncated.dtype == info["command_changed"].dtype == bool
    assert info["final_obs"].shape == obs.shape and info["final_privileged_obs"].shape == privileged_obs.shape
    assert np.isfinite(obs).all() and np.isfinite(privileged_obs).all() and obs.std() > 0
    assert all(array.flags.c_contiguous and array.flags.writeable for array in (obs, privileged_obs, reward))


def test_observations_come_in_two_buffers_in_turn_and_what_was_returned_stays(env, waves):
    first, _ = env.reset()
    kept = first.copy()
    second = env.step(waves(env, 0))[0]
    assert pointer(first) != pointer(second)
    assert np.array_equal(first, kept) and not np.array_equal(first, second)
    third = env.step(waves(env, 1))[0]
    assert pointer(third) == pointer(first) and np.array_equal(third, first)
    assert not np.array_equal(first, kept)


def test_nothing_is_allocated_by_a_step(env, waves):
    results = {id(env.step(waves(env, step))) for step in range(6)}
    assert len(results) == 2


def test_same_seed_same_bits_whatever_the_number_of_threads(waves):
    rows = []
    for threads in (1, 3):
        with kennel.make("pupper", 70, seed=5, num_threads=threads) as env:
            env.reset()
            for step in range(40):
                obs, privileged_obs, reward, *_ = env.step(waves(env, step))
            rows.append((obs.tobytes(), privileged_obs.tobytes(), reward.tobytes()))
    assert rows[0] == rows[1]
    with kennel.make("pupper", 70, seed=6) as other:
        assert other.reset()[0].tobytes() != kennel.make("pupper", 70, seed=5).reset()[0].tobytes()


def test_reset_with_a_seed_begins_as_make_did_and_without_one_goes_on(waves):
    with kennel.make("pupper", 20, seed=5) as env:
        first = env.reset()[0].copy()
        assert not np.array_equal(env.reset()[0], first)
        env.step(waves(env, 0))
        assert np.array_equal(env.reset(seed=5)[0], first)
        assert not np.array_equal(env.reset(seed=6)[0], first)


def test_what_a_batch_does_does_not_depend_on_its_size(waves):
    with kennel.make("pupper", 40, seed=2) as large, kennel.make("pupper", 10, seed=2) as small:
        large.reset(), small.reset()
        for step in range(5):
            actions = waves(large, step)
            a, b = large.step(actions)[0], small.step(actions[:10])[0]
        assert np.array_equal(a[:10], b)


def test_a_mask_resets_its_environments_and_leaves_the_others(env, waves):
    for step in range(5):
        before = env.step(waves(env, step))[0]
    kept = before.copy()
    mask = np.zeros(env.num_envs, bool)
    mask[[0, 7, 36]] = True
    lengths = env.episode_length.copy()
    obs, privileged_obs = env.reset(mask)
    assert np.array_equal(obs[~mask], kept[~mask]) and (obs[mask] != kept[mask]).any(axis=1).all()
    assert np.array_equal(before, kept), "what the step returned is still what it was"
    assert (env.episode_length[mask] == 0).all()
    assert np.array_equal(env.episode_length[~mask], lengths[~mask])
    assert env.step(waves(env, 5))[0].shape == obs.shape


def test_episodes_end_by_the_clock_that_was_set(env):
    quiet = np.zeros((env.num_envs, env.num_actions), np.float32)
    steps = np.zeros(env.num_envs, np.int64)
    steps[5] = env.max_episode_length - 1
    env.episode_length = steps
    *_, truncated, info = env.step(quiet)
    assert truncated[5] and truncated.sum() == 1
    assert env.episode_length[5] == 0 and env.episode_length[4] == 1
    assert np.isfinite(info["final_obs"][5]).all() and info["final_obs"][5].any()


def test_the_clocks_view_is_live_and_writing_into_it_counts(env, waves):
    lengths = env.episode_length
    assert lengths is env.episode_length and lengths.dtype == np.int64
    env.step(waves(env, 0))
    assert (lengths == 1).all()
    lengths[3] = env.max_episode_length - 1
    assert env.step(waves(env, 1))[4][3]


@pytest.mark.parametrize("wrong", [-1, 1 << 24])
def test_a_clock_out_of_range_is_refused_and_nothing_is_lost(env, waves, wrong):
    env.step(waves(env, 0))
    env.episode_length[2] = wrong
    with pytest.raises(ValueError, match=r"episode_length\[2\]"):
        env.step(waves(env, 1))
    assert (env.episode_length == 1).all()
    env.step(waves(env, 1))


def test_state_is_what_the_critic_sees(env, waves):
    state = {name: env.state[name] for name in env.state}
    params = {name: env.params[name] for name in env.params}
    for step in range(30):
        _, seen, _, terminated, truncated, info = env.step(waves(env, step))
    going_on = ~(terminated | truncated | info["command_changed"])
    assert going_on.sum() > 5
    at = {term.name: (slice(term.offset, term.offset + term.size), term.scale) for term in env.privileged_obs_terms}

    def told(name):
        where, scale = at[name]
        return seen[:, where] / scale

    def same(a, b):
        np.testing.assert_allclose(a[going_on].reshape(b[going_on].shape), b[going_on], rtol=2e-6, atol=2e-6)

    same(told("base_angular_velocity"), state["base_angular_velocity"])
    same(told("base_height")[:, 0], state["base_position"][:, 2])
    same(told("joint_velocity"), state["joint_velocity"])
    same(told("command"), state["command"])
    same(told("last_action"), state["action"])
    same(told("previous_action"), state["previous_action"])
    same(told("foot_contact"), state["contact"])
    same(told("air_time"), state["air_time"])
    same(told("base_com_shift"), params["base_com_shift"])
    parameters = told("parameters")
    for column, name in enumerate(("friction", "strength", "kp", "kd", "base_mass", "joint_friction")):
        same(parameters[:, column], params[name])
    w, x, y, z = (state["base_orientation"][:, k] for k in range(4))
    up = np.stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], axis=1)
    same(told("projected_gravity"), -up)
    assert set(np.unique(state["contact"])) == {0.0, 1.0}


def test_every_named_quantity_has_its_shape_and_a_unit(env, waves):
    for step in range(3):
        env.step(waves(env, step))
    for views in (env.state, env.params):
        assert len(views) == len(views.fields) > 5
        for name, field in views.fields.items():
            array = views[name]
            assert array.shape == (env.num_envs, *field.shape) and array.dtype == np.float32
            assert field.unit and np.isfinite(array).all(), name
            assert name in repr(views)


def test_views_are_live_and_what_is_written_counts(env, waves):
    velocity = env.state["base_velocity"]
    assert velocity is env.state["base_velocity"]
    before = velocity.copy()
    env.step(waves(env, 0))
    assert not np.array_equal(velocity, before)
    height = env.state["base_position"]
    velocity[:] = 0.0
    height[:, 2] = 5.0  # far above the floor: a step later it has fallen a little, and touches nothing
    env.step(waves(env, 1))
    assert (height[:, 2] > 4.9).all() and (height[:, 2] < 5.0).all()
    assert (env.state["contact"] == 0).all() and (env.state["foot_force"] == 0).all()


def test_friction_that_is_written_is_the_floors(waves):
    """A robot pushed along slides on ice, and does not on rubber."""
    slid = []
    for friction in (0.05, 2.0):
        overrides = {"env.randomization.push_velocity": [0, 0], "env.max_tilt": 3.2, "env.min_height": 0.0}
        with kennel.make("pupper", 16, seed=1, overrides=overrides) as env:
            env.reset()
            quiet = np.zeros((16, 12), np.float32)
            for _ in range(25):
                env.step(quiet)
            env.params["friction"] = friction
            env.state["base_velocity"] += np.array([0.5, 0.0, 0.0], np.float32)
            start = env.state["base_position"].copy()
            for _ in range(15):
                env.step(quiet)
            assert (env.params["friction"] == np.float32(friction)).all()
            slid.append(np.median(np.linalg.norm(env.state["base_position"][:, :2] - start[:, :2], axis=1)))
    assert slid[0] > 1.3 * slid[1]


def test_what_was_written_waits_for_the_next_step_whatever_is_asked_for_meanwhile(env, waves):
    env.params["kp"][:] = 0.5
    env.episode_length[:] = 7
    assert env.state["command"].shape == (env.num_envs, 3), "asked for the first time"
    env.stats()
    env.step(waves(env, 0))
    assert (env.params["kp"] == 0.5).all() and (env.episode_length == 8).all()


def test_what_follows_from_the_state_cannot_be_written(env):
    with pytest.raises(ValueError, match="contact follows from the rest"):
        env.state["contact"] = 1.0


def test_a_name_that_is_not_there_names_the_nearest(env):
    with pytest.raises(KeyError, match="did you mean base_velocity"):
        env.state["base_velocty"]
    with pytest.raises(KeyError, match="friction is in params"):
        env.state["friction"]
    with pytest.raises(KeyError, match="contact is in state"):
        env.params["contact"]


def test_a_saved_state_goes_on_bit_for_bit(env, waves):
    env.step(waves(env, 0))
    saved = env.save_state()
    ahead = [array.tobytes() for step in (1, 2) for array in env.step(waves(env, step))[:3]]
    env.load_state(saved)
    assert ahead == [array.tobytes() for step in (1, 2) for array in env.step(waves(env, step))[:3]]
    with pytest.raises(kennel.Error, match="saved environments"):
        env.load_state(saved[:-4])


def test_terms_cover_the_observation_and_are_what_they_say(env):
    for terms, size in ((env.obs_terms, env.obs_size), (env.privileged_obs_terms, env.privileged_obs_size)):
        assert sum(term.size for term in terms) == size
        assert [term.offset for term in terms] == list(np.cumsum([0] + [term.size for term in terms])[:-1])
        assert all(term.unit for term in terms)
    assert env.obs_terms[0].name == "base_angular_velocity" and env.obs_terms[0].unit.startswith("rad/s")
    assert any(term.name == "joint_position[-1]" for term in env.obs_terms), "a history's older frame"


def test_stats_are_the_means_since_the_last_call(env, waves):
    env.stats()
    total = sum(float(env.step(waves(env, step))[2].sum()) for step in range(10))
    assert env.stats()["env/reward"] == pytest.approx(total / (10 * env.num_envs), rel=1e-4)
    assert np.isnan(env.stats()["env/reward"])


def test_progress_is_what_schedules_follow(waves):
    with kennel.make("pupper", 8, seed=1) as env:
        assert env.progress == 0.0
        rewards = []
        for progress in (0.0, 1.0):
            env.progress = progress
            env.reset(seed=1)
            rewards.append(env.step(waves(env, 3))[2].copy())
        assert env.progress == 1.0
        with pytest.raises(ValueError, match="progress = 1.5"):
            env.progress = 1.5


def test_a_closed_environment_says_so_and_its_arrays_live_on(env, waves):
    obs = env.step(waves(env, 0))[0]
    kept, velocity = obs.copy(), env.state["base_velocity"]
    env.close()
    env.close()
    assert env.closed
    for call in (lambda: env.step(waves(env, 1)), env.reset, env.stats, env.save_state, lambda: env.state["command"]):
        with pytest.raises(RuntimeError, match="closed; make another"):
            call()
    assert np.array_equal(obs, kept) and np.isfinite(velocity).all()


def test_arrays_outlive_the_environment_and_do_not_keep_it():
    env = kennel.make("lqr", 4)
    obs, _ = env.reset()
    kept, alive = obs.copy(), weakref.ref(env)
    del env
    gc.collect()
    assert alive() is None and np.array_equal(obs, kept)


def test_a_step_before_the_first_reset_is_refused(waves):
    with kennel.make("pupper", 4) as env:
        with pytest.raises(RuntimeError, match="reset the environments before the first step"):
            env.step(waves(env, 0))
        with pytest.raises(ValueError, match="reset all environments before some"):
            env.reset(np.ones(4, bool))


def test_other_threads_run_while_environments_are_stepped():
    with kennel.make("pupper", 4096, seed=1, num_threads=1) as env:
        env.reset()
        actions = np.zeros((4096, 12), np.float32)
        ticks, stop = [], threading.Event()

        def tick():
            while not stop.is_set():
                ticks.append(time.perf_counter())
                time.sleep(0.0002)

        thread = threading.Thread(target=tick)
        thread.start()
        within = 0
        for _ in range(20):
            start = time.perf_counter()
            env.step(actions)
            end = time.perf_counter()
            within += sum(start < t < end for t in ticks[-200:])
        stop.set(), thread.join()
        assert within > 0


def test_two_threads_at_once_are_refused_and_the_environment_goes_on():
    with kennel.make("pupper", 4096, seed=1, num_threads=1) as env:
        env.reset()
        actions = np.zeros((4096, 12), np.float32)
        refused, stepped = [], []

        def steps():
            for _ in range(30):
                try:
                    env.step(actions)
                    stepped.append(1)
                except RuntimeError as error:
                    refused.append(str(error))

        threads = [threading.Thread(target=steps) for _ in range(2)]
        [thread.start() for thread in threads], [thread.join() for thread in threads]
        assert refused and all("another thread" in message for message in refused)
        assert stepped and env.step(actions)[0].shape[0] == 4096


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_is_told_to_make_its_own():
    with kennel.make("pupper", 64, num_threads=2) as env:
        env.reset()
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                env.step(np.zeros((64, 12), np.float32))
                said = "stepped"
            except RuntimeError as error:
                said = str(error)
            os.write(write, said.encode())
            os._exit(0)
        os.close(write)
        said = os.read(read, 1000).decode()
        os.waitpid(child, 0)
        assert "a fork does not copy" in said
        env.step(np.zeros((64, 12), np.float32))
