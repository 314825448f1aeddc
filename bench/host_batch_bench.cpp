// What a step of environments costs without Python: the loop that bench/python_step.py is held
// against.
//
//   host_batch_bench NUM_ENVS STEPS REPEATS      seconds of a step, of this thread's time, the best
//   repeat
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <limits>
#include <vector>

#include "kennel/core/check.h"
#include "kennel/run/env_recipe.h"
#include "kennel/sim/host_task.h"

namespace {

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double seconds_of_a_step(int num_envs, int steps, int repeats) {
  using namespace kennel;
  const EnvRecipe recipe = load_env_recipe({});
  const quadruped::Task task =
      make_checked_task(recipe.env, recipe.robot, load_robot(recipe.robot), 1);
  const auto batch = make_host_batch(task, BatchOptions{num_envs, 1, 1, 0});
  const EnvSpec& spec = batch->spec();
  const auto n = static_cast<std::size_t>(num_envs);
  const auto numbers = [&](int size) {
    return std::vector<float>(n * static_cast<std::size_t>(size));
  };
  std::vector<float> obs[2] = {numbers(spec.obs_size), numbers(spec.obs_size)};
  std::vector<float> privileged[2] = {numbers(spec.privileged_obs_size),
                                      numbers(spec.privileged_obs_size)};
  std::vector<float> scalars[4] = {numbers(1), numbers(1), numbers(1), numbers(1)};
  std::vector<float> action = numbers(spec.action_size);
  const auto rows = [](std::vector<float>& of) { return ObsRows{of.data(), false}; };
  const StepPointers out = {rows(obs[0]),      rows(privileged[0]), scalars[0].data(),
                            scalars[1].data(), scalars[2].data(),   scalars[3].data(),
                            rows(obs[1]),      rows(privileged[1])};
  batch->reset(out);
  double best = std::numeric_limits<double>::infinity();
  for (int repeat = 0; repeat < repeats; ++repeat) {
    const double start = thread_seconds();
    for (int step = 0; step < steps; ++step) batch->step(action.data(), out);
    best = std::min(best, (thread_seconds() - start) / steps);
  }
  return best;
}

}  // namespace

int main(int argc, char** argv) try {
  KENNEL_CHECK(argc == 4, "usage: host_batch_bench NUM_ENVS STEPS REPEATS");
  std::cout << seconds_of_a_step(std::atoi(argv[1]), std::atoi(argv[2]), std::atoi(argv[3]))
            << '\n';
} catch (const std::exception& error) {
  std::cerr << "host_batch_bench: " << error.what() << '\n';
  return 1;
}
