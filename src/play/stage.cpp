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

std::string signed_number(double x, int decimals) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%+.*f", decimals, x + 0.0);
  return buffer;
}

}  // namespace

std::string command_text(const judge::Told& told, const judge::Command& command) {
  std::string line;
  for (int at = 0; at < kCommandTerms; ++at) {
    const judge::Quantity& quantity = told[at];
    line +=
        text(at > 0 ? "  " : "", quantity.name, ' ', signed_number(command[at], quantity.decimals));
    const bool more_of_it = at + 1 < kCommandTerms && told[at + 1].group == quantity.group;
    if (!more_of_it) line += text(' ', quantity.group->unit);
  }
  return line;
}

Stage::Stage(Robots& robots)
    : robots_(robots), scene_(robots.world(0).model(), options_for(robots)) {
  const int side = static_cast<int>(std::ceil(std::sqrt(robots.count())));
  followed_ = std::min((side / 2) * side + side / 2, robots.count() - 1);
}

void Stage::follow_next() { followed_ = (followed_ + 1) % robots_.count(); }

void Stage::update(const judge::Command& command) {
  judge::World& world = robots_.world(followed_);
  const judge::Command measured = robots_.measured(followed_);
  mjData& data = world.drawable();
  scene_.update(world.model(), data);
  for (int robot = 0; robot < robots_.count(); ++robot)
    if (robot != followed_)
      scene_.add_robot(robots_.world(robot).model(), robots_.world(robot).drawable());
  const auto vx = place_in_command(robots_.contract(), "vx");
  const auto vy = place_in_command(robots_.contract(), "vy");
  if (vx && vy)
    scene_.add_arrows(data, {command[*vx], command[*vy]}, {measured[*vx], measured[*vy]});
  std::vector<render::TextLine> text = {
      {"command", command_text(robots_.told(), command)},
      {"measured", command_text(robots_.told(), measured)},
      {"friction", signed_number(robots_.friction(followed_), 2).substr(1)}};
  if (robots_.falls() > 0) text.push_back({"falls", std::to_string(robots_.falls())});
  scene_.set_text(mjGRID_TOPLEFT, text);
}

}  // namespace kennel::play
