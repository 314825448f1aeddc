// kennel bench scaling: one measurement, by the ranks that this process is one of.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <vector>

#include "bench_scaling.h"
#include "kennel/ranks/measured_sums.h"
#include "kennel/ranks/ranks.h"
#include "rank_device.h"
#include "rank_launch.h"
#include "simulation.h"

namespace kennel {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

constexpr int kWarmUp = 3;                              // iterations
constexpr int kFewest = 5;                              // that are measured
constexpr int kProbes = 40;                             // sums of a size
constexpr std::int64_t kProbeNumbers[] = {8, 1 << 17};  // float64

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

Json probe(const Ranks& ranks, const Collective& all, torch::Device device) {
  Json out = Json::array();
  if (ranks.size() == 1) return out;
  for (const std::int64_t numbers : kProbeNumbers) {
    torch::Tensor x =
        torch::zeros({numbers}, torch::TensorOptions().dtype(torch::kFloat64).device(device));
    std::vector<double> seconds;
    for (int k = 0; k < kProbes; ++k) {
      const auto start = Clock::now();
      all.sum(x);
      x[0].item<double>();  // a device is done
      seconds.push_back(seconds_since(start));
    }
    out.push_back({{"bytes", 8 * numbers}, {"seconds", median(seconds)}});
  }
  return out;
}

int measure(const ScalingCommand& command, Ranks& ranks) {
  const Device chosen = device_of_rank(ranks, command.device);
  RecipeChoice choice = command.recipe;
  choice.on_gpu = chosen.cuda;
  const RunConfig config = load_run_config(choice, [&](RunConfig& resolved) {
    if (command.num_envs > 0) resolved.train.num_envs = command.num_envs;
  });
  SumCounts counts;
  Simulation simulation = make_simulation(
      config, chosen, command.threads, ranks,
      [&](const Collective& of) { return measured_sums(of, counts, 1e-3 * command.delay_ms); });
  Learner& learner = *simulation.trainer;
  const Json probes = probe(ranks, *simulation.sums, simulation.env->device());
  for (int k = 0; k < kWarmUp; ++k) learner.iterate();
  counts = {};
  std::vector<double> seconds;
  const auto start = Clock::now();
  // All stop together.
  while (ranks.largest(seconds_since(start) < command.seconds || seconds.size() < kFewest) != 0) {
    const auto before = Clock::now();
    learner.iterate();
    seconds.push_back(seconds_since(before));
  }
  ranks.alone_from_now();
  const auto iterations = static_cast<double>(seconds.size());
  const Json line = {{"envs", config.train.num_envs},
                     {"steps", static_cast<double>(learner.env_steps()) /
                                   static_cast<double>(learner.iteration())},
                     {"seconds", median(seconds)},
                     {"sums", static_cast<double>(counts.sums) / iterations},
                     {"bytes", static_cast<double>(counts.bytes) / iterations},
                     {"sum_seconds", counts.seconds / iterations},
                     {"probe", probes}};
  if (ranks.first())
    std::cout << line.dump() << std::endl;
  else if (ranks.place().launcher != "kennel")  // which has one standard output for all
    std::cout << "null" << std::endl;
  return 0;
}

}  // namespace

int run_scaling_measurement(const ScalingCommand& command) {
  if (command.ranks.front() == 1) {  // also where a launcher has started several
    Ranks alone;
    return measure(command, alone);
  }
  const RankPlace place = find_place();
  if (place.launcher.empty()) return launch_ranks(own_command_without({}), command.ranks.front());
  return together(place, [&](Ranks& ranks) { return measure(command, ranks); });
}

}  // namespace kennel
