// `kennel play`: a policy in a window under the user's hands, or in a video.
#pragma once

#include <csignal>
#include <optional>
#include <string>

#include "kennel/play/robots.h"

namespace kennel::play {

struct PlayOptions {
  RobotsOptions robots;
  std::string model;                      // MJCF; empty: that of the policy's shipped robot
  std::optional<judge::Command> command;  // fixed; else the keyboard's, in a video a tour
  std::optional<double> seconds;          // of the robot's time; default: a window has no end
  std::string video;                      // file to write; empty: a window
  const volatile std::sig_atomic_t* interrupted = nullptr;  // not zero: end; a video is kept
  std::optional<int> width, height;  // pixels; default: 960 x 540, a window 1280 x 720
};

/// \throws Error when there is no display, no OpenGL or no ffmpeg, naming what to install
int run_play(const PolicyFile& policy, const PlayOptions& options);

}  // namespace kennel::play
