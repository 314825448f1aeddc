// What kennel bench walk makes of its seeds.
#include <gmock/gmock.h>

#include "src/app/bench_walk_print.h"

namespace kennel {
namespace {

using judge::Gate;
using ::testing::HasSubstr;

/// A seed whose second check walks.
WalkTime walked_after(double seconds) {
  WalkTime time{1, nlohmann::ordered_json{{"threads", 2}, {"simulator", "lanes"}}, {}, {}};
  time.checks.push_back({.seconds = 0.5 * seconds, .env_steps = 1000});
  time.checks.push_back({.seconds = seconds,
                         .env_steps = 2000,
                         .start_up = 1.0,
                         .simulator = 2.0,
                         .policy = 0.5,
                         .update = 3.0});
  judge::Judgement judgement;
  judgement.nominal = judge::EvalResult{.episodes = 96, .pair_rmse = 0.12, .third_rmse = 0.2};
  time.passes.of[0] = judge::Pass{1, judgement};
  time.passes.judged = 2;
  time.passes.missed = "slow velocity 0.2 m/s (at most 0.1)";
  return time;
}

WalkTime never_walked() {
  WalkTime time = walked_after(9.0);
  time.passes.of[0].reset();
  return time;
}

TEST(WalkSummary, ASeedThatNeverPassesIsTheWorstOfAll) {
  const std::vector<WalkTime> three = {walked_after(30.0), walked_after(10.0), walked_after(20.0)};
  EXPECT_EQ(walk_summary(three, Gate::kWalks), "walks: median 20.0 s, worst 30.0 s of 3 seeds");
  EXPECT_EQ(walk_summary(three, Gate::kObeys), "obeys: median never, worst never of 3 seeds");
  EXPECT_EQ(walk_summary({never_walked(), walked_after(10.0), walked_after(20.0)}, Gate::kWalks),
            "walks: median 20.0 s, worst never of 3 seeds");
  EXPECT_EQ(walk_summary({walked_after(10.0), walked_after(20.0)}, Gate::kWalks),
            "walks: median 15.0 s, worst 20.0 s of 2 seeds");
  EXPECT_EQ(walk_summary({never_walked(), walked_after(20.0)}, Gate::kWalks),
            "walks: median never, worst never of 2 seeds");
}

TEST(WalkJson, HasTheNumbersOfTheFirstCheckThatPassed) {
  const auto json = nlohmann::json::parse(walk_json({}, {}, walked_after(10.0)));
  EXPECT_EQ(json.at("seconds"), 10.0);
  EXPECT_EQ(json.at("samples"), 2000);
  EXPECT_EQ(json.at("phases").at("other"), 3.5);
  EXPECT_EQ(json.at("judged").at("nominal").at("velocity_rmse"), 0.12);
  EXPECT_EQ(json.at("judged").count("slow"), 0u);
  EXPECT_TRUE(json.at("obeys_seconds").is_null());
  EXPECT_EQ(json.at("missed"), "slow velocity 0.2 m/s (at most 0.1)");
  EXPECT_EQ(json.at("threads"), 2);
  EXPECT_THAT(walk_complaint(walked_after(10.0)), HasSubstr("seed 1 never obeyed: after 10.0 s"));
  EXPECT_THAT(walk_complaint(never_walked()), HasSubstr("seed 1 never walked: after 9.0 s"));
}

}  // namespace
}  // namespace kennel
