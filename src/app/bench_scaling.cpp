#include "bench_scaling.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench_scaling_print.h"
#include "child_process.h"
#include "kennel/core/check.h"
#include "kennel/core/epoch_order.h"
#include "kennel/ranks/meeting.h"
#include "scaling_model.h"
#include "subprocess.h"

namespace kennel {
namespace {

using Json = nlohmann::ordered_json;

/// What data sheets and NCCL's own measurements promise; latencies are a message's, its kernel
/// among them.
const Link kLinks[] = {
    {"NVLink", 4e-6, 300e9}, {"100 Gbit/s", 15e-6, 11e9}, {"400 Gbit/s", 12e-6, 44e9}};
constexpr int kManyRanks[] = {8, 64, 1024};

/// A measurement in processes of its own.
Json measured(const ScalingCommand& command, int ranks, int envs) {
  std::vector<std::string> line = {own_program(), "bench",
                                   "scaling",     "--measure",
                                   "--ranks",     std::to_string(ranks),
                                   "--threads",   std::to_string(command.threads),
                                   "--device",    command.device,
                                   "--seconds",   text(command.seconds),
                                   "--delay-ms",  text(command.delay_ms)};
  if (envs > 0) line.insert(line.end(), {"--num-envs", std::to_string(envs)});
  if (!command.recipe.shipped.empty())
    line.insert(line.end(), {"--recipe", command.recipe.shipped});
  if (!command.recipe.file.empty())
    line.insert(line.end(), {"--config", command.recipe.file.string()});
  std::string key;
  for (const char c : command.recipe.keys) {
    if (c != '\n') {
      key += c;
      continue;
    }
    line.insert(line.end(), {"--set", key});
    key.clear();
  }
  LineProcess process(line);
  return Json::parse(process.ask());
}

IterationParts parts_of(const Json& row, std::int64_t sums, std::int64_t bytes) {
  return {row["envs"].get<int>(), row["seconds"].get<double>(), sums, bytes};
}

/// The ranks that are measured: started here, or by a launcher, which has started this process as
/// one of them.
class MeasuredRanks {
 public:
  explicit MeasuredRanks(const ScalingCommand& command)
      : command_(command), place_(find_place()), counts_(command.ranks) {
    if (place_.size == 1) return;
    counts_ = {place_.size};
    if (place_.port == 0 && !first()) end_with("");  // the first says why
    KENNEL_CHECK(place_.port > 0, "bench scaling measures several times, and ", place_.launcher,
                 "'s ranks meet anew for each; set MASTER_ADDR and MASTER_PORT for all of them, "
                 "with free ports after it, and no KENNEL_MEETING_FILE");
    ::setenv("TORCHELASTIC_USE_AGENT_STORE", "False", 1);  // which is of one meeting
  }

  bool first() const { return place_.rank == 0; }
  const std::vector<int>& counts() const { return counts_; }

  /// \return what the first rank measured; null on others
  Json measure(int ranks, int envs) {
    if (place_.size > 1) {
      ::setenv("MASTER_ADDR", place_.host.c_str(), 1);
      ::setenv("MASTER_PORT", std::to_string(place_.port + ++meetings_).c_str(), 1);
    }
    return measured(command_, ranks, envs);
  }

 private:
  const ScalingCommand& command_;
  RankPlace place_;
  std::vector<int> counts_;
  int meetings_ = 0;
};

int num_envs_of(const ScalingCommand& command) {
  if (command.num_envs > 0) return command.num_envs;
  RecipeChoice choice = command.recipe;
  choice.on_gpu = choose_device(command.device).cuda;
  return load_run_config(choice).train.num_envs;
}

/// A measurement of several ranks.
struct Together {
  int ranks = 0;
  bool strong = false;
  Json row{};
};

/// The same with what the model says of it.
/// \param one, part  one rank's, of all environments and of a part of them
Json compared(const Together& of, const Json& one, const Json& part) {
  const int ranks = of.ranks;
  const bool strong = of.strong;
  Json row = of.row;
  const auto count = static_cast<std::int64_t>(row["sums"].get<double>());
  const auto bytes = static_cast<std::int64_t>(row["bytes"].get<double>());
  const int envs = one["envs"].get<int>();
  const int num_steps = static_cast<int>(one["steps"].get<double>() / envs);
  const Json& probes = row["probe"];
  const Link link = link_from("between them", ranks, probes[0]["bytes"], probes[0]["seconds"],
                              probes[1]["bytes"], probes[1]["seconds"]);
  const int counts[] = {ranks};
  const ScalingRow predicted = predict(parts_of(part, 0, 0), parts_of(one, count, bytes), link,
                                       counts, envs, strong, num_steps)[0];
  row["ranks"] = ranks;
  row["scaling"] = strong ? "strong" : "weak";
  row["predicted_seconds"] = predicted.seconds;
  row["predicted_sum_seconds"] = predicted.seconds * predicted.sum_share;
  return row;
}

/// What many ranks would do on links that are not here.
/// \param sums  of a measurement of several ranks
Json predictions(const Json& one, const Json& part, const Json& sums) {
  const auto count = static_cast<std::int64_t>(sums["sums"].get<double>());
  const auto bytes = static_cast<std::int64_t>(sums["bytes"].get<double>());
  const int envs = one["envs"].get<int>();
  const int num_steps = static_cast<int>(one["steps"].get<double>() / envs);
  Json out = Json::array();
  for (const Link& link : kLinks)
    for (const bool strong : {true, false})
      for (const ScalingRow& row : predict(parts_of(part, 0, 0), parts_of(one, count, bytes), link,
                                           kManyRanks, envs, strong, num_steps))
        if (!strong || std::int64_t{row.ranks} * kEnvsAShard <= envs)  // they go by whole shards
          out.push_back({{"link", link.name},
                         {"scaling", strong ? "strong" : "weak"},
                         {"ranks", row.ranks},
                         {"seconds", row.seconds},
                         {"sum_share", row.sum_share},
                         {"steps_per_s", row.steps_per_s},
                         {"efficiency", row.efficiency}});
  return out;
}

}  // namespace

int run_bench_scaling(const ScalingCommand& command) {
  MeasuredRanks ranks(command);
  const int envs = num_envs_of(command);
  // What several do together comes first: the others of a launcher wait for nobody.
  std::vector<Together> together;
  for (const int count : ranks.counts()) {
    if (count == 1) continue;
    for (const bool strong : {true, false})
      together.push_back({count, strong, ranks.measure(count, strong ? envs : envs * count)});
  }
  if (!ranks.first()) return 0;
  // One rank, all of the environments and a part of them: what an iteration takes by their number.
  const int most = *std::max_element(ranks.counts().begin(), ranks.counts().end());
  const Json one = measured(command, 1, envs);
  const Json part = measured(command, 1, std::max(64, envs / std::max(2, most) / 64 * 64));
  Json rows = Json::array();
  for (const Together& of : together) rows.push_back(compared(of, one, part));
  const Json all = {
      {"envs", envs},
      {"one", one},
      {"part", part},
      {"measured", rows},
      {"delay_ms", command.delay_ms},
      {"predicted", rows.empty() ? Json::array() : predictions(one, part, rows.back())}};
  if (command.json)
    std::cout << all.dump(2) << '\n';
  else
    print_scaling(all);
  return 0;
}

}  // namespace kennel
