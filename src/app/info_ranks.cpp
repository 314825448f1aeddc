#include "info_ranks.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <vector>

#include "kennel/core/check.h"
#include "kennel/core/usable_cores.h"
#include "kennel/ranks/ranks.h"
#include "kennel/run/build_info.h"
#include "kennel/run/device.h"
#include "rank_device.h"
#include "rank_launch.h"
#include "text_table.h"

namespace kennel {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

constexpr int kRepeats = 30;

/// Of a sum over all ranks, with LibTorch's clock waited for.
struct SumTime {
  std::int64_t bytes = 0;
  double seconds = 0.0;  // the median
};

/// Device work of a sum is done once its first number has come back.
SumTime time_of_sum(const Ranks& ranks, torch::Device device, std::int64_t numbers) {
  torch::Tensor x =
      torch::zeros({numbers}, torch::TensorOptions().dtype(torch::kFloat64).device(device));
  std::vector<double> seconds;
  for (int k = 0; k < kRepeats; ++k) {
    ranks.largest(0);  // all begin together
    const auto start = Clock::now();
    ranks.collective().sum(x);
    x[0].item<double>();
    seconds.push_back(std::chrono::duration<double>(Clock::now() - start).count());
  }
  std::nth_element(seconds.begin(), seconds.begin() + kRepeats / 2, seconds.end());
  return {8 * numbers, seconds[kRepeats / 2]};
}

Json own_row(const Ranks& ranks, const Device& device) {
  const BuildInfo& build = build_info();
  return {{"rank", ranks.rank()},
          {"process", ::getpid()},
          {"device", device.cuda ? name_of(device) + " " + find_gpu(device.index).name
                                 : text("CPU, ", num_usable_cores(), " cores")},
          {"program", text(build.version, " ", build.commit)}};
}

void print(const Json& all) {
  std::vector<TextColumn> columns = {{{"rank"}},
                                     {{"host"}, {}, false},
                                     {{"process"}},
                                     {{"device"}, {}, false},
                                     {{"program"}, {}, false}};
  for (const Json& row : all["ranks"]) {
    columns[0].cells.push_back(text(row["rank"].get<int>()));
    columns[1].cells.push_back(row["host"].get<std::string>());
    columns[2].cells.push_back(text(row["process"].get<int>()));
    columns[3].cells.push_back(row["device"].get<std::string>());
    columns[4].cells.push_back(row["program"].get<std::string>());
  }
  std::cout << all["size"].get<int>() << " ranks, started by " << all["launcher"].get<std::string>()
            << ", sums by " << all["engine"].get<std::string>() << "\n\n"
            << text_table(columns) << '\n';
  std::vector<TextColumn> sums = {{{"a sum of"}}, {{"takes"}}, {{"passes"}}};
  for (const Json& row : all["sums"]) {
    const double bytes = row["bytes"].get<double>(), seconds = row["seconds"].get<double>();
    sums[0].cells.push_back(text(short_text(bytes / 1024), " KiB"));
    sums[1].cells.push_back(text(short_text(1e6 * seconds), " us"));
    sums[2].cells.push_back(text(short_text(bytes / seconds / 1e6), " MB/s"));
  }
  std::cout << text_table(sums);
  if (all["engine"] == "NCCL")
    std::cout << "\nWhere NCCL fails or is slow: NCCL_DEBUG=WARN names the transport; "
                 "NCCL_P2P_DISABLE=1, NCCL_SHM_DISABLE=1 or NCCL_IB_DISABLE=1 leave one out; "
                 "NCCL_SOCKET_IFNAME names the network\n";
}

int with(Ranks& ranks, const RankInfoCommand& command) {
  const Device device = device_of_rank(ranks, command.device);
  const torch::Device where =
      device.cuda ? torch::Device(torch::kCUDA, static_cast<c10::DeviceIndex>(device.index))
                  : torch::Device(torch::kCPU);
  Json all = {{"size", ranks.size()},
              {"launcher", ranks.place().launcher},
              {"engine", device.cuda ? "NCCL" : "Gloo"},
              {"ranks", Json::array()},
              {"sums", Json::array()}};
  const std::vector<std::string> rows = ranks.meeting().tell("info", own_row(ranks, device).dump());
  for (int rank = 0; rank < ranks.size(); ++rank) {
    Json row = Json::parse(rows[static_cast<std::size_t>(rank)]);
    row["host"] = ranks.meeting().host_of(rank);
    all["ranks"].push_back(row);
  }
  for (const std::int64_t numbers : {1, 1 << 10, 40'000, 1 << 19}) {
    const SumTime time = time_of_sum(ranks, where, numbers);
    all["sums"].push_back({{"bytes", time.bytes}, {"seconds", time.seconds}});
  }
  if (ranks.first() && command.json) std::cout << all.dump(2) << '\n';
  if (ranks.first() && !command.json) print(all);
  const BuildInfo& build = build_info();
  ranks.meeting().agree("the program", text(build.version, " ", build.commit));
  ranks.alone_from_now();
  return 0;
}

}  // namespace

int run_rank_info(const RankInfoCommand& command) {
  const RankPlace place = find_place();
  if (place.launcher.empty()) {
    KENNEL_CHECK(command.ranks > 1,
                 "--ranks alone asks about those that a launcher has started; there are none: "
                 "expected a number of at least 2, which this command then starts");
    return launch_ranks(own_command_without({}), command.ranks);
  }
  KENNEL_CHECK(place.size > 1, place.launcher, " has started one rank; there is nobody to meet");
  return together(place, [&](Ranks& ranks) { return with(ranks, command); });
}

}  // namespace kennel
