#include "src/learners/search/search_config.h"

#include <algorithm>

#include "kennel/core/check.h"
#include "kennel/io/config_problems.h"

namespace kennel {
namespace {

bool fits(const PopulationKey& population, int value, int num_envs) {
  return value >= population.least && value % population.multiple == 0 &&
         num_envs % (value * population.candidates) == 0;
}

int rounded_up(int x, int multiple) { return (x + multiple - 1) / multiple * multiple; }

/// "32 or 64": the values next to the wanted one that fit; empty where none does.
std::string nearest_fitting(const PopulationKey& population, int num_envs) {
  const int most = num_envs / population.candidates;
  int below = std::min(population.value, most);
  while (below > 0 && !fits(population, below, num_envs)) --below;
  int above = std::max(population.value, 1);
  while (above <= most && !fits(population, above, num_envs)) ++above;
  if (below <= 0) return above <= most ? text(above) : std::string();
  return above <= most ? text(below, " or ", above) : text(below);
}

}  // namespace

void check_candidate(std::string_view section, const SearchConfig& config,
                     std::vector<std::string>& problems) {
  check_choice(text(section, ".policy"), config.policy, {"network", "gait"}, problems);
  if (config.is_gait() && !config.hidden.empty())
    problems.push_back(text(section,
                            ".hidden is for networks, and policy = \"gait\" has no layers; ",
                            "leave it out, or say policy = \"network\""));
  check_choice(text(section, ".activation"), config.activation, {"relu", "elu", "tanh"}, problems);
  for (const int units : config.hidden)
    if (!config.is_gait() && config.symmetric && units % 2 != 0)
      problems.push_back(text(section, ".hidden has a layer of ", units,
                              " units; a symmetric policy pairs them, try ", units + 1));
}

void check_population(const PopulationKey& population, int num_envs,
                      std::vector<std::string>& problems) {
  const auto [key, value, least, multiple, candidates] = population;
  if (value < 1 || num_envs < 1) return;  // out of bounds, which is reported already
  std::string wrong;
  if (value < least) {
    wrong = text(key, " = ", value, " is fewer than the ", least, " that it takes");
  } else if (value % multiple != 0) {
    wrong = text(key, " = ", value, " is no multiple of ", multiple);
  } else if (num_envs % (value * candidates) != 0) {
    wrong = text(key, " = ", value, " asks for ", value * candidates,
                 " candidates, which do not divide num_envs = ", num_envs);
  } else {
    return;
  }
  const std::string fitting = nearest_fitting(population, num_envs);
  if (!fitting.empty()) {
    problems.push_back(wrong + "; try " + fitting);
    return;
  }
  const int possible = rounded_up(std::max(value, least), multiple);
  problems.push_back(wrong +
                     text("; none fits num_envs = ", num_envs, ", try ", possible,
                          " with num_envs = ", rounded_up(num_envs, possible * candidates)));
}

void check_least_std(std::string_view section, float init_std, float min_std,
                     std::vector<std::string>& problems) {
  if (min_std > init_std)
    problems.push_back(text(section, ".min_std = ", min_std, " is above init_std = ", init_std));
}

}  // namespace kennel
