// What policies visit whose whereabouts are known.
#include "kennel/judge/occupancy.h"

#include <gtest/gtest.h>

#include <numeric>
#include <stdexcept>

#include "test_policies.h"

namespace kennel::judge::occupancy_test {
namespace {

EvalOptions episodes(int count, int threads = 0) {
  EvalOptions options;
  options.episodes = count;
  options.seed = 77;
  options.threads = threads;
  return options;
}

const Visited& named(const std::vector<Visited>& all, const std::string& name) {
  for (const Visited& visited : all)
    if (visited.name == name) return visited;
  throw std::out_of_range(name);
}

/// Share of the time between two values, by whole bins.
double share_between(const Visited& visited, double low, double high) {
  const double width = (visited.high - visited.low) / static_cast<double>(visited.share.size());
  double share = 0.0;
  for (std::size_t bin = 0; bin < visited.share.size(); ++bin) {
    const double from = visited.low + static_cast<double>(bin) * width;
    if (from >= low - 1e-9 && from + width <= high + 1e-9) share += visited.share[bin];
  }
  return share;
}

TEST(Occupancy, ARobotThatStandsIsUprightAtRestAndOnFourFeet) {
  const std::vector<Visited> all = run_occupancy(standing_policy(), episodes(3));
  for (const Visited& visited : all)
    EXPECT_NEAR(std::accumulate(visited.share.begin(), visited.share.end(), 0.0), 1.0, 1e-12)
        << visited.name;
  EXPECT_GT(share_between(named(all, "tilt"), 0.0, 0.1), 0.95);
  EXPECT_GT(share_between(named(all, "speed"), 0.0, 0.1), 0.95);
  EXPECT_GT(share_between(named(all, "feet on the floor"), 3.5, 4.5), 0.9);
  // Neither on the floor nor higher than it started (protocol: 0.17 m).
  EXPECT_GT(share_between(named(all, "height"), 0.06, 0.19), 0.95);
}

TEST(Occupancy, ARobotThatTopplesIsSeenTilted) {
  const Visited tilt = named(run_occupancy(toppling_policy(), episodes(2)), "tilt");
  EXPECT_GT(share_between(tilt, 0.3, 1.2), 0.1);
}

TEST(Occupancy, DoesNotDependOnThreads) {
  const std::vector<Visited> one = run_occupancy(toppling_policy(), episodes(5, 1));
  const std::vector<Visited> many = run_occupancy(toppling_policy(), episodes(5, 4));
  ASSERT_EQ(one.size(), many.size());
  for (std::size_t k = 0; k < one.size(); ++k) EXPECT_EQ(one[k].share, many[k].share);
}

}  // namespace
}  // namespace kennel::judge::occupancy_test
