#include "stage.h"

#include <cmath>

#include "kennel/core/check.h"

namespace kennel::play {
namespace {

render::SceneOptions options_for(Robots& shown) {
  const int robots = shown.count();
  render::SceneOptions options;
  options.max_robots = robots;
  options.follow_body = shown.world(0).robot().base;
  options.size = shown.contract().size;
  options.floor = shown.world(0).floor_height();
  options.distance = 1.2 + 0.5 * (std::sqrt(robots) - 1.0);
  return options;
}

std::string signed_number(double x) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%+.2f", x + 0.0);
  return buffer;
}

std::string shown(const judge::Command& v) {
  return signed_number(v.vx) + "  " + signed_number(v.vy) + " m/s  " + signed_number(v.yaw_rate) +
         " rad/s";
}

}  // namespace

Stage::Stage(Robots& robots)
    : robots_(robots), scene_(robots.world(0).model(), options_for(robots)) {
  const int side = static_cast<int>(std::ceil(std::sqrt(robots.count())));
  followed_ = std::min((side / 2) * side + side / 2, robots.count() - 1);
}

void Stage::follow_next() { followed_ = (followed_ + 1) % robots_.count(); }

void Stage::update(const judge::Command& command) {
  judge::World& world = robots_.world(followed_);
  const judge::Command velocity = robots_.velocity(followed_);
  mjData& data = world.drawable();
  scene_.update(world.model(), data);
  for (int robot = 0; robot < robots_.count(); ++robot)
    if (robot != followed_)
      scene_.add_robot(robots_.world(robot).model(), robots_.world(robot).drawable());
  scene_.add_arrows(data, {command.vx, command.vy}, {velocity.vx, velocity.vy});
  std::vector<render::TextLine> text = {
      {"command", shown(command)},
      {"measured", shown(velocity)},
      {"friction", signed_number(robots_.friction(followed_)).substr(1)}};
  if (robots_.falls() > 0) text.push_back({"falls", std::to_string(robots_.falls())});
  scene_.set_text(mjGRID_TOPLEFT, text);
}

}  // namespace kennel::play
