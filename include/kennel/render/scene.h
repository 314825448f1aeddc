// What a frame shows: robots, the camera that follows one, arrows, text.
#pragma once

#include <mujoco/mujoco.h>

#include <array>
#include <map>
#include <string>
#include <vector>

namespace kennel::render {

struct SceneOptions {
  int max_robots = 1;        // in one frame; memory for their geoms is allocated once
  bool shadows = false;      // on a CPU they multiply the time of a frame
  int follow_body = 1;       // the camera moves with it
  double size = 1.0;         // of the robots: lengths here and of arrows are times it
  double floor = 0.0;        // m, its height
  double distance = 1.2;     // camera to what it looks at, m
  double azimuth = 124.0;    // direction of view around z, degrees: 0 looks along +x, 90 along +y
  double elevation = -20.0;  // of the direction of view, degrees: negative looks down
};

/// A horizontal velocity in the robot's heading frame. m/s
struct PlanarVelocity {
  double forward = 0.0;
  double left = 0.0;
};

/// A line of an overlay: a name and, where there is one, a value in a second column.
struct TextLine {
  std::string label;
  std::string value = {};
};

/// MuJoCo's scene, camera and options. Each frame: `update`, then `add_robot` and `add_arrows` as
/// wanted, then Offscreen::render or Window::draw. Not thread-safe; needs no OpenGL by itself.
class SceneView {
 public:
  /// \param model  must outlive the scene
  /// \throws Error for a body that the model does not have or less than one robot
  explicit SceneView(const mjModel& model, const SceneOptions& options = {});
  ~SceneView();
  SceneView(const SceneView&) = delete;
  SceneView& operator=(const SceneView&) = delete;

  /// Starts a frame with the world and this robot, which the camera follows: it is moved by as much
  /// as the robot has moved horizontally since the last update, also to another robot.
  /// \param model  the constructor's or a copy of it, say with other friction
  /// \param data   its state, kinematics up to date (mj_step, mj_forward); MuJoCo uses scratch
  /// space in it
  void update(const mjModel& model, mjData& data);

  /// Adds another robot, at its own qpos, without its world; parameters as for `update`.
  /// \throws Error when the frame has max_robots already
  void add_robot(const mjModel& model, mjData& data);

  /// Two arrows above the robot: commanded velocity green, measured velocity blue, half a metre
  /// long for 1 m/s (of a robot of size 1; of others as long beside the robot at speeds that are
  /// alike, which go with the square root of the size).
  /// \throws Error when each of max_robots has its arrows already
  void add_arrows(const mjData& data, PlanarVelocity command, PlanarVelocity measured);

  /// Text in a corner or at an edge of all frames from now on; no lines: none. The renderer shows
  /// mjMAXOVERLAY characters at most.
  void set_text(mjtGridPos where, const std::vector<TextLine>& lines);

  /// Moves the camera by the mouse, but not below the floor.
  /// \param dx, dy  fractions of the window's height, y down
  void move_camera(mjtMouse action, double dx, double dy);

  /// Puts the camera back to the options' distance and angles, around where the robot is now.
  void reset_camera();

  /// Draws into the current OpenGL context's current framebuffer; Offscreen and Window call it.
  void draw(mjrRect viewport, const mjrContext& renderer);

 private:
  struct Overlay {
    std::string labels, values;  // lines joined by newlines
  };

  void brighten_headlight();
  void add_arrow(const mjtNum from[3], const mjtNum velocity[2], const std::array<float, 4>& rgba);

  const mjModel& model_;
  SceneOptions options_;
  mjvScene scene_;
  mjvCamera camera_;
  mjvOption visible_;
  std::array<double, 2> followed_{};  // m, where the followed body was
  int robots_ = 0;                    // in this frame
  int arrows_ = 0;
  std::map<mjtGridPos, Overlay> overlays_;
};

}  // namespace kennel::render
