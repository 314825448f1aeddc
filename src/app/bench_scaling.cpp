#include "bench_scaling.h"

#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "child_process.h"
#include "kennel/core/check.h"
#include "kennel/core/epoch_order.h"
#include "scaling_model.h"
#include "subprocess.h"
#include "text_table.h"

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

std::string percent(double share) { return fixed_text(100 * share, 1) + " %"; }

void add_row(std::vector<TextColumn>& table, const std::vector<std::string>& cells) {
  for (std::size_t k = 0; k < cells.size(); ++k) table[k].cells.push_back(cells[k]);
}

}  // namespace

int run_bench_scaling(const ScalingCommand& command) {
  // One rank, all of the environments and a part of them: what an iteration takes by their number.
  const Json one = measured(command, 1, command.num_envs);
  const int envs = one["envs"].get<int>();
  int most = 1;
  for (const int ranks : command.ranks) most = std::max(most, ranks);
  const Json part = measured(command, 1, std::max(64, envs / std::max(2, most) / 64 * 64));
  const int num_steps = static_cast<int>(one["steps"].get<double>() / envs);
  Json rows = Json::array();
  Json sums;  // of the largest measurement
  for (const int ranks : command.ranks) {
    if (ranks == 1) continue;
    for (const bool strong : {true, false}) {
      Json row = measured(command, ranks, strong ? envs : envs * ranks);
      sums = row;
      const auto count = static_cast<std::int64_t>(row["sums"].get<double>());
      const auto bytes = static_cast<std::int64_t>(row["bytes"].get<double>());
      const Json& probes = row["probe"];
      const Link link = link_from("this machine", ranks, probes[0]["bytes"], probes[0]["seconds"],
                                  probes[1]["bytes"], probes[1]["seconds"]);
      const int counts[] = {ranks};
      const ScalingRow predicted = predict(parts_of(part, 0, 0), parts_of(one, count, bytes), link,
                                           counts, envs, strong, num_steps)[0];
      row["ranks"] = ranks;
      row["scaling"] = strong ? "strong" : "weak";
      row["predicted_seconds"] = predicted.seconds;
      row["predicted_sum_seconds"] = predicted.seconds * predicted.sum_share;
      rows.push_back(row);
    }
  }
  Json predictions = Json::array();
  if (!sums.is_null()) {
    const auto count = static_cast<std::int64_t>(sums["sums"].get<double>());
    const auto bytes = static_cast<std::int64_t>(sums["bytes"].get<double>());
    for (const Link& link : kLinks)
      for (const bool strong : {true, false})
        for (const ScalingRow& row : predict(parts_of(part, 0, 0), parts_of(one, count, bytes),
                                             link, kManyRanks, envs, strong, num_steps))
          if (!strong || std::int64_t{row.ranks} * kEnvsAShard <= envs)  // they go by whole shards
            predictions.push_back({{"link", link.name},
                                   {"scaling", strong ? "strong" : "weak"},
                                   {"ranks", row.ranks},
                                   {"seconds", row.seconds},
                                   {"sum_share", row.sum_share},
                                   {"steps_per_s", row.steps_per_s},
                                   {"efficiency", row.efficiency}});
  }
  const double rate = one["steps"].get<double>() / one["seconds"].get<double>();
  const Json all = {{"envs", envs},
                    {"num_steps", num_steps},
                    {"one", one},
                    {"part", part},
                    {"measured", rows},
                    {"delay_ms", command.delay_ms},
                    {"predicted", predictions}};
  if (command.json) {
    std::cout << all.dump(2) << '\n';
    return 0;
  }
  std::cout << "one rank: " << envs << " environments, "
            << fixed_text(1e3 * one["seconds"].get<double>(), 1) << " ms an iteration, "
            << short_text(rate) << " steps/s\n\nmeasured on this machine\n";
  std::vector<TextColumn> table = {{{"ranks"}},
                                   {{"scaling"}, {}, false},
                                   {{"environments"}},
                                   {{"ms"}},
                                   {{"predicted"}},
                                   {{"in sums, ms"}},
                                   {{"predicted"}},
                                   {{"sums"}},
                                   {{"KiB each"}},
                                   {{"steps/s"}},
                                   {{"of one rank's each"}}};
  for (const Json& row : rows) {
    const double seconds = row["seconds"], count = row["sums"];
    const double steps = row["steps"].get<double>() / seconds;
    add_row(table, {text(row["ranks"].get<int>()), row["scaling"].get<std::string>(),
                    text(row["envs"].get<int>()), fixed_text(1e3 * seconds, 1),
                    fixed_text(1e3 * row["predicted_seconds"].get<double>(), 1),
                    fixed_text(1e3 * row["sum_seconds"].get<double>(), 2),
                    fixed_text(1e3 * row["predicted_sum_seconds"].get<double>(), 2),
                    fixed_text(count, 0), fixed_text(row["bytes"].get<double>() / count / 1024, 1),
                    short_text(steps), percent(steps / rate / row["ranks"].get<int>())});
  }
  std::cout << text_table(table);
  if (predictions.empty()) return 0;
  std::cout << "\npredicted from one rank's times here; strong: " << envs
            << " environments together, weak: each rank as many\n";
  std::vector<TextColumn> many = {{{"between ranks"}, {}, false},
                                  {{"scaling"}, {}, false},
                                  {{"ranks"}},
                                  {{"ms"}},
                                  {{"in sums"}},
                                  {{"steps/s"}},
                                  {{"of one rank's each"}}};
  for (const Json& row : predictions)
    add_row(many, {row["link"].get<std::string>(), row["scaling"].get<std::string>(),
                   text(row["ranks"].get<int>()), fixed_text(1e3 * row["seconds"].get<double>(), 2),
                   percent(row["sum_share"]), short_text(row["steps_per_s"]),
                   percent(row["efficiency"])});
  std::cout << text_table(many);
  return 0;
}

}  // namespace kennel
