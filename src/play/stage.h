// Robots and what a frame shows of them.
#pragma once

#include "kennel/play/robots.h"
#include "kennel/render/scene.h"

namespace kennel::play {

/// "vx +0.50  vy -0.10 m/s  yaw_rate +0.00 rad/s".
std::string command_text(const judge::Told& told, const judge::Command& command);

class Stage {
 public:
  /// \param robots  must outlive the stage
  explicit Stage(Robots& robots);

  /// Prepares a frame: all robots, the followed one's arrows, and text with command and
  /// measurement.
  void update(const judge::Command& command);

  void follow_next();
  int followed() const { return followed_; }
  render::SceneView& scene() { return scene_; }

 private:
  Robots& robots_;
  render::SceneView scene_;
  int followed_ = 0;
};

}  // namespace kennel::play
