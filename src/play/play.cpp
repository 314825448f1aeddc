#include "kennel/play/play.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <thread>

#include "kennel/core/check.h"
#include "kennel/judge/episode_pool.h"
#include "kennel/judge/progress.h"
#include "kennel/render/offscreen.h"
#include "kennel/render/video.h"
#include "kennel/render/window.h"
#include "keys.h"
#include "stage.h"

namespace kennel::play {
namespace {

using judge::Command;
using Clock = std::chrono::steady_clock;

constexpr double kPushSpeed = 0.5;  // m/s, of a robot of size 1
constexpr double kFrictionStep = 0.1, kLowestFriction = 0.1, kHighestFriction = 2.0;

/// What a video commands when nobody says: a few seconds of each way to move, in shares of what the
/// robot may be told. A walk goes forward, turns on its way, turns on the spot, goes left and back.
constexpr double kTourSeconds = 2.5;  // each
constexpr Command kTour[] = {{0.8, 0.0, 0.0}, {0.53, 0.0, 0.6},   {0.0, 0.0, -0.75},
                             {0.0, 0.7, 0.0}, {-0.667, 0.0, 0.0}, {0.0, 0.0, 0.0}};

Command tour_at(const RobotContract& robot, double time) {
  const auto part = static_cast<std::size_t>(time / kTourSeconds);
  return judge::command_at(robot, kTour[std::min(part, std::size(kTour) - 1)]);
}

/// Moves `x` toward `wanted` as a thumb on a stick would: a third of a second from rest to full.
double eased(double x, double wanted, const Range& range, double seconds) {
  const double most = 3.0 * std::max(std::abs(range.low), std::abs(range.high)) * seconds;
  return x + std::clamp(wanted - x, -most, most);
}

render::Quality quality_for(int robots) {
  return {.smooth_edges = robots == 1, .coarse_geoms = robots > 4};
}

bool interrupted(const PlayOptions& options) {
  return options.interrupted && *options.interrupted != 0;
}

int record(Robots& robots, const PlayOptions& options) {
  constexpr int kFps = 50;
  constexpr double kFrame = 1.0 / kFps;  // s
  const int width = options.width.value_or(960), height = options.height.value_or(540);
  render::VideoWriter video(options.video, {width, height, kFps});
  Stage stage(robots);
  render::Offscreen offscreen(
      robots.world(0).model(),
      {.width = width, .height = height, .quality = quality_for(robots.count())});
  std::fprintf(stderr, "drawing with %s\n", offscreen.description().c_str());
  const double seconds = options.seconds.value_or(kTourSeconds * std::size(kTour));
  const EpisodeProgress progress;
  // A frame shows the first control step that ends at the frame's own end or later: one a frame at
  // 50 Hz, now two and now one at a higher rate, the same again at a lower.
  const double dt = robots.control_dt();
  int step = 0;
  Command command{};
  for (int frame = 0; frame < seconds / kFrame && !interrupted(options); ++frame) {
    for (; step * dt < (frame + 1) * kFrame - 1e-9; ++step) {
      command = options.command.value_or(tour_at(robots.contract(), step * dt));
      robots.step(command);
    }
    stage.update(command);
    video.write(offscreen.render(stage.scene()));
    if (frame % kFps == 0)
      progress.show(text(options.video, ": ", frame / kFps, " s of ", seconds, " s"));
  }
  if (interrupted(options))
    std::fprintf(stderr, "interrupted; the video ends after %.1f s\n", video.num_frames() * kFrame);
  video.finish();
  std::printf("%s\n", options.video.c_str());
  return 0;
}

/// The robots in a window, in step with the clock.
class Session {
 public:
  Session(Robots& robots, const PlayOptions& options)
      : robots_(robots),
        options_(options),
        step_(std::chrono::duration_cast<Clock::duration>(
            std::chrono::duration<double>(robots.control_dt()))),
        stage_(robots),
        window_(robots.world(0).model(), {.title = "Kennel",
                                          .width = options.width.value_or(1280),
                                          .height = options.height.value_or(720),
                                          .quality = quality_for(robots.count())}) {
    show_help();
  }

  int run() {
    Clock::time_point due = Clock::now();
    while (!quit_ && !interrupted(options_) && (!options_.seconds || time_ < *options_.seconds)) {
      obey(window_.poll(stage_.scene()));
      // A frame that took longer than a control step is made up for, but not a long pause; a
      // machine too slow for so many robots shows them in slow motion.
      const Clock::time_point now = Clock::now();
      due = std::max(due, now - std::max<Clock::duration>(std::chrono::milliseconds(100), step_));
      for (; now >= due; due += step_)
        if (!paused_) advance();
      stage_.update(command_);
      window_.draw(stage_.scene());
      // Keys are obeyed at once, however long a control step is.
      std::this_thread::sleep_until(std::min(due, Clock::now() + std::chrono::milliseconds(20)));
    }
    return 0;
  }

 private:
  const RobotContract& contract() const { return robots_.contract(); }

  void advance() {
    if (options_.command) {
      command_ = *options_.command;
    } else {
      const double dt = robots_.control_dt();
      for (int at = 0; at < kCommandTerms; ++at)
        command_[at] = eased(command_[at], wanted_[at], contract().command[at].range, dt);
    }
    robots_.step(command_);
    time_ += robots_.control_dt();
  }

  void obey(const render::WindowInput& input) {
    quit_ = input.quit;
    wanted_ = command_under_keys(contract(), robots_.told(), input);
    if (input.pause) paused_ = !paused_;
    if (input.push) robots_.push(speed_scale(contract()) * kPushSpeed);
    if (input.reset) robots_.restart();
    if (input.next_robot) stage_.follow_next();
    const int steps = input.friction_up - input.friction_down;
    if (steps != 0)
      robots_.set_friction(std::clamp(robots_.friction(stage_.followed()) + steps * kFrictionStep,
                                      kLowestFriction, kHighestFriction));
    if (input.help) {
      help_ = !help_;
      show_help();
    }
  }

  void show_help() {
    stage_.scene().set_text(mjGRID_BOTTOMLEFT, help_ ? render::window_help(help_of(robots_.told()))
                                                     : std::vector<render::TextLine>{});
  }

  Robots& robots_;
  const PlayOptions& options_;
  Clock::duration step_;  // of the robots
  Stage stage_;
  render::Window window_;
  Command wanted_{}, command_{};
  double time_ = 0.0;  // s, of the robots
  bool paused_ = false, help_ = true, quit_ = false;
};

}  // namespace

int run_play(const PolicyFile& policy, const PlayOptions& options) {
  judge::EvalOptions model;
  model.model = options.model;
  const judge::JudgeModel judge = judge::load_judge_model(model, policy);
  Robots robots(judge, policy, options.robots);
  return options.video.empty() ? Session(robots, options).run() : record(robots, options);
}

}  // namespace kennel::play
