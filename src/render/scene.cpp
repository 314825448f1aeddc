#include "kennel/render/scene.h"

#include <algorithm>
#include <cmath>

#include "kennel/core/check.h"

namespace kennel::render {
namespace {

constexpr int kArrowsPerRobot = 2;
// Lengths, times and speeds are for robots of size 1.
constexpr double kLookAtHeight = 0.08;      // m; fixed, so that a trotting robot does not shake it
constexpr double kHighestElevation = -1.0;  // degrees; above it the camera dives into the floor
constexpr double kArrowHeight = 0.14;       // m above the body's origin
constexpr double kArrowGap = 0.025;         // m between the two
constexpr double kArrowWidth = 0.008;       // m
constexpr double kArrowSeconds = 0.5;       // length over velocity
constexpr double kLeastVelocity = 0.03;     // m/s; below it an arrow is a dot without a direction
constexpr float kOnlyAmbient = 0.4f, kOnlyDiffuse = 0.6f;  // of a headlight that is the only light
constexpr std::array<float, 4> kCommandColour = {0.10f, 0.75f, 0.25f, 1.0f};
constexpr std::array<float, 4> kMeasuredColour = {0.15f, 0.40f, 0.95f, 1.0f};

// Angle of the body's x axis around the world's z.
double heading(const mjtNum xmat[9]) { return std::atan2(xmat[3], xmat[0]); }

}  // namespace

SceneView::SceneView(const mjModel& model, const SceneOptions& options)
    : model_(model), options_(options) {
  KENNEL_CHECK(options.max_robots >= 1,
               "a scene shows at least 1 robot; got max_robots = ", options.max_robots);
  KENNEL_CHECK(options.follow_body > 0 && options.follow_body < model.nbody,
               "the camera cannot follow body ", options.follow_body,
               "; the model's bodies are 1 to ", model.nbody - 1);
  mjv_defaultScene(&scene_);
  mjv_defaultOption(&visible_);
  mjv_makeScene(&model, &scene_,
                options.max_robots * (static_cast<int>(model.ngeom) + kArrowsPerRobot) + 100);
  scene_.flags[mjRND_SHADOW] = options.shadows;
  scene_.flags[mjRND_REFLECTION] = false;
  reset_camera();
}

SceneView::~SceneView() { mjv_freeScene(&scene_); }

void SceneView::reset_camera() {
  mjv_defaultCamera(&camera_);
  camera_.type = mjCAMERA_FREE;
  camera_.distance = options_.size * options_.distance;
  camera_.azimuth = options_.azimuth;
  camera_.elevation = options_.elevation;
  std::copy(followed_.begin(), followed_.end(), camera_.lookat);
  camera_.lookat[2] = options_.floor + options_.size * kLookAtHeight;
}

// MuJoCo's own tracking camera would undo the user's panning and shake with the robot's height.
void SceneView::update(const mjModel& model, mjData& data) {
  const mjtNum* xpos = data.xpos + 3 * options_.follow_body;
  for (int axis = 0; axis < 2; ++axis) {
    if (!std::isfinite(xpos[axis])) continue;  // a diverged robot must not take the camera along
    camera_.lookat[axis] += xpos[axis] - followed_[axis];
    followed_[axis] = xpos[axis];
  }
  mjv_updateScene(&model, &data, &visible_, nullptr, &camera_, mjCAT_ALL, &scene_);
  if (model.nlight == 0) brighten_headlight();
  robots_ = 1;
  arrows_ = 0;
}

// MuJoCo's default is made to go with other lights, which many descriptions of robots lack.
void SceneView::brighten_headlight() {
  for (int light = 0; light < scene_.nlight; ++light)
    if (scene_.lights[light].headlight) {
      std::fill_n(scene_.lights[light].ambient, 3, kOnlyAmbient);
      std::fill_n(scene_.lights[light].diffuse, 3, kOnlyDiffuse);
    }
}

void SceneView::add_robot(const mjModel& model, mjData& data) {
  KENNEL_CHECK(robots_ < options_.max_robots, "the scene was made for ", options_.max_robots,
               " robots in a frame; make it with more max_robots");
  mjv_addGeoms(&model, &data, &visible_, nullptr, mjCAT_DYNAMIC, &scene_);
  ++robots_;
}

void SceneView::add_arrows(const mjData& data, PlanarVelocity command, PlanarVelocity measured) {
  KENNEL_CHECK(arrows_ < options_.max_robots, "the scene was made for the arrows of ",
               options_.max_robots, " robots; make it with more max_robots");
  ++arrows_;
  const int body = options_.follow_body;
  const double yaw = heading(data.xmat + 9 * body);
  mjtNum from[3];
  mju_copy3(from, data.xpos + 3 * body);
  from[2] += options_.size * kArrowHeight;
  const auto add = [&](PlanarVelocity v, const std::array<float, 4>& rgba) {
    const mjtNum v_world[2] = {std::cos(yaw) * v.forward - std::sin(yaw) * v.left,
                               std::sin(yaw) * v.forward + std::cos(yaw) * v.left};
    add_arrow(from, v_world, rgba);
    from[2] += options_.size * kArrowGap;
  };
  add(measured, kMeasuredColour);
  add(command, kCommandColour);
}

void SceneView::add_arrow(const mjtNum from[3], const mjtNum velocity[2],
                          const std::array<float, 4>& rgba) {
  const double speed = std::hypot(velocity[0], velocity[1]), alike = std::sqrt(options_.size);
  if (!(speed >= alike * kLeastVelocity) || !std::isfinite(speed) || scene_.ngeom >= scene_.maxgeom)
    return;
  const double seconds = alike * kArrowSeconds;
  const mjtNum to[3] = {from[0] + seconds * velocity[0], from[1] + seconds * velocity[1], from[2]};
  mjvGeom& arrow = scene_.geoms[scene_.ngeom++];
  mjv_initGeom(&arrow, mjGEOM_ARROW, nullptr, nullptr, nullptr, rgba.data());
  mjv_connector(&arrow, mjGEOM_ARROW, options_.size * kArrowWidth, from, to);
  arrow.category = mjCAT_DECOR;
  arrow.castshadow = false;
  arrow.emission = 0.4f;  // its colour is its meaning, so light changes it little
}

void SceneView::set_text(mjtGridPos where, const std::vector<TextLine>& lines) {
  Overlay overlay;
  for (const TextLine& line : lines) {
    const char* end = &line == &lines.back() ? "" : "\n";
    overlay.labels += line.label + end;
    overlay.values += line.value + end;
  }
  for (std::string* column : {&overlay.labels, &overlay.values})
    column->resize(std::min<std::size_t>(column->size(), mjMAXOVERLAY - 1));
  if (lines.empty()) {
    overlays_.erase(where);
  } else {
    overlays_[where] = overlay;
  }
}

void SceneView::move_camera(mjtMouse action, double dx, double dy) {
  mjv_moveCamera(&model_, action, dx, dy, &camera_);
  camera_.elevation = std::min<mjtNum>(camera_.elevation, kHighestElevation);
}

void SceneView::draw(mjrRect viewport, const mjrContext& renderer) {
  mjr_render(viewport, &scene_, &renderer);
  for (const auto& [where, overlay] : overlays_) {
    const bool has_values = overlay.values.find_first_not_of('\n') != std::string::npos;
    mjr_overlay(mjFONT_NORMAL, where, viewport, overlay.labels.c_str(),
                has_values ? overlay.values.c_str() : nullptr, &renderer);
  }
}

}  // namespace kennel::render
