// Robots and what a frame shows of them.
#pragma once

#include "kennel/play/robots.h"
#include "kennel/render/scene.h"

namespace kennel::play {

class Stage {
 public:
  /// \param robots  must outlive the stage
  explicit Stage(Robots& robots);

  /// Prepares a frame: all robots, the followed one's arrows, and text with command and velocity.
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
