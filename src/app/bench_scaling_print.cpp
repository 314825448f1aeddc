#include "bench_scaling_print.h"

#include <iostream>
#include <string>
#include <vector>

#include "text_table.h"

namespace kennel {
namespace {

using Json = nlohmann::ordered_json;

std::string percent(double share) { return fixed_text(100 * share, 1) + " %"; }

void add_row(std::vector<TextColumn>& table, const std::vector<std::string>& cells) {
  for (std::size_t k = 0; k < cells.size(); ++k) table[k].cells.push_back(cells[k]);
}

/// \param rate  one rank's, steps/s
std::string measured_table(const Json& rows, double rate) {
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
  return text_table(table);
}

std::string predicted_table(const Json& rows) {
  std::vector<TextColumn> table = {{{"between ranks"}, {}, false},
                                   {{"scaling"}, {}, false},
                                   {{"ranks"}},
                                   {{"ms"}},
                                   {{"in sums"}},
                                   {{"steps/s"}},
                                   {{"of one rank's each"}}};
  for (const Json& row : rows)
    add_row(table, {row["link"].get<std::string>(), row["scaling"].get<std::string>(),
                    text(row["ranks"].get<int>()),
                    fixed_text(1e3 * row["seconds"].get<double>(), 2), percent(row["sum_share"]),
                    short_text(row["steps_per_s"]), percent(row["efficiency"])});
  return text_table(table);
}

}  // namespace

void print_scaling(const Json& all) {
  const int envs = all["envs"];
  const double seconds = all["one"]["seconds"];
  const double rate = all["one"]["steps"].get<double>() / seconds;
  std::cout << "one rank: " << envs << " environments, " << fixed_text(1e3 * seconds, 1)
            << " ms an iteration, " << short_text(rate) << " steps/s\n\nmeasured\n"
            << measured_table(all["measured"], rate);
  if (all["predicted"].empty()) return;
  std::cout << "\npredicted from one rank's times here; strong: " << envs
            << " environments together, weak: each rank as many\n"
            << predicted_table(all["predicted"]);
}

}  // namespace kennel
