// Frames drawn without a display.
#include "kennel/render/offscreen.h"

#include <dlfcn.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "kennel/core/check.h"
#include "test_robot.h"

namespace kennel::render {
namespace {

using Frame = std::vector<unsigned char>;

// Largest difference of a colour. The software renderer rounds its first frame a little otherwise.
int difference(const Frame& a, const Frame& b) {
  int largest = 0;
  for (std::size_t at = 0; at < a.size(); ++at)
    largest = std::max(largest, std::abs(a[at] - b[at]));
  return largest;
}
constexpr int kRounding = 2;

class OffscreenTest : public RobotTest {
 protected:
  void SetUp() override {
    try {
      offscreen_.emplace(*model_);
    } catch (const Error& error) {
      GTEST_SKIP() << error.what();
    }
  }

  Frame draw(SceneView& scene) {
    const auto rgb = offscreen_->render(scene);
    return {rgb.begin(), rgb.end()};
  }

  std::optional<Offscreen> offscreen_;
};

TEST_F(OffscreenTest, ShowsTheRobotInTheMiddle) {
  SceneView scene(*model_);
  scene.update(*model_, *data_);
  const Frame frame = draw(scene);
  ASSERT_EQ(frame.size(), 640u * 480 * 3);
  EXPECT_GT(count_orange(frame), 1000);
  const std::size_t row = 640 * 3;
  const auto rows = [&](int from, int to) {
    return std::span(frame).subspan(row * from, row * (to - from));
  };
  EXPECT_EQ(count_orange(rows(0, 120)) + count_orange(rows(360, 480)), 0);
}

TEST_F(OffscreenTest, TheSkyIsInTheFirstRowsAndTheFloorInTheLast) {
  SceneView scene(*model_);
  scene.update(*model_, *data_);
  const Frame frame = draw(scene);
  const std::size_t rows = 640 * 3 * 30;
  const Colour sky = mean_colour(std::span(frame).first(rows));
  const Colour floor = mean_colour(std::span(frame).last(rows));
  EXPECT_GT(sky.red, 120);  // the gradient is lighter than any tile
  EXPECT_LT(floor.red, 120);
}

TEST_F(OffscreenTest, ChangesWhenTheRobotMoves) {
  SceneView scene(*model_);
  scene.update(*model_, *data_);
  const Frame before = draw(scene);
  scene.update(*model_, *data_);
  EXPECT_LE(difference(draw(scene), before), kRounding);
  data_->qpos[8] += 0.5;  // an abduction joint
  mj_forward(model_.get(), data_.get());
  scene.update(*model_, *data_);
  EXPECT_GT(difference(draw(scene), before), 50);
}

TEST_F(OffscreenTest, TheCameraStaysWithTheRobot) {
  SceneView scene(*model_);
  scene.update(*model_, *data_);
  const int before = count_orange(draw(scene));
  data_->qpos[0] += 20.0;
  mj_forward(model_.get(), data_.get());
  scene.update(*model_, *data_);
  EXPECT_NEAR(count_orange(draw(scene)), before, 0.1 * before);
}

TEST_F(OffscreenTest, TheCameraIsAsHighOverAnyFloor) {
  SceneView scene(*model_);
  scene.update(*model_, *data_);
  const Frame before = draw(scene);
  const int floor = mj_name2id(model_.get(), mjOBJ_GEOM, "floor");
  constexpr double kRaised = 0.5;  // m
  model_->geom_pos[3 * floor + 2] += kRaised;
  data_->qpos[2] += kRaised;
  mj_forward(model_.get(), data_.get());
  SceneView raised(*model_, {.floor = kRaised});
  raised.update(*model_, *data_);
  const int there = count_orange(draw(raised));
  EXPECT_NEAR(there, count_orange(before), 0.02 * there);
  SceneView low(*model_);
  low.update(*model_, *data_);
  EXPECT_LT(count_orange(draw(low)), there / 2) << "the robot is above the picture";
}

TEST_F(OffscreenTest, TheCameraIsAsFarAsRobotsAreLarge) {
  const auto seen = [&](double size) {
    SceneView scene(*model_, {.size = size});
    scene.update(*model_, *data_);
    return count_orange(draw(scene));
  };
  EXPECT_NEAR(seen(2.0), seen(1.0) / 4.0, 0.15 * seen(2.0));
}

TEST_F(OffscreenTest, ADivergedRobotDoesNotTakeTheCameraAlong) {
  SceneView scene(*model_);
  std::fill_n(data_->qpos, model_->nq, std::nan(""));
  mj_kinematics(model_.get(), data_.get());
  scene.update(*model_, *data_);
  scene.add_arrows(*data_, {1.0, 0.0}, {std::nan(""), 0.0});
  draw(scene);
  const auto healthy = make_data();
  scene.update(*model_, *healthy);
  EXPECT_GT(count_orange(draw(scene)), 1000);
}

TEST_F(OffscreenTest, DrawsManyRobotsAndRefusesMoreThanItWasMadeFor) {
  SceneView scene(*model_, {.max_robots = 2, .distance = 3.0});
  const auto second = make_data();
  second->qpos[1] += 0.5;
  mj_forward(model_.get(), second.get());
  scene.update(*model_, *data_);
  const int alone = count_orange(draw(scene));
  scene.add_robot(*model_, *second);
  EXPECT_GT(count_orange(draw(scene)), 1.5 * alone);
  EXPECT_THROW(scene.add_robot(*model_, *second), Error);
}

TEST_F(OffscreenTest, ArrowsPointWhereTheRobotIsToldToGo) {
  SceneView scene(*model_, {.distance = 2.5, .azimuth = 90.0, .elevation = -89.0});  // from above
  const auto green_rows = [&](PlanarVelocity command) {
    scene.update(*model_, *data_);
    scene.add_arrows(*data_, command, {});
    const Frame frame = draw(scene);
    double sum_row = 0.0, sum_column = 0.0, count = 0.0;
    for (int pixel = 0; pixel < 640 * 480; ++pixel) {
      const unsigned char* p = frame.data() + 3 * pixel;
      if (p[1] < 100 || p[1] < 2 * p[0] || p[1] < 2 * p[2]) continue;
      sum_column += pixel % 640 - 320;
      sum_row += pixel / 640 - 240;
      ++count;
    }
    return std::array{sum_column / std::max(count, 1.0), sum_row / std::max(count, 1.0), count};
  };
  EXPECT_EQ(green_rows({0.0, 0.0})[2], 0.0);
  EXPECT_GT(green_rows({1.0, 0.0})[0], 20.0);        // forward is +x, to the right of this view
  EXPECT_LT(green_rows({0.0, 1.0})[1], -20.0);       // left is +y, up
  data_->qpos[3] = data_->qpos[6] = std::sqrt(0.5);  // heading +y
  mj_forward(model_.get(), data_.get());
  EXPECT_LT(green_rows({1.0, 0.0})[1], -20.0);
}

TEST_F(OffscreenTest, TextAppearsAndDisappears) {
  SceneView scene(*model_);
  scene.update(*model_, *data_);
  const Frame plain = draw(scene);
  scene.set_text(mjGRID_TOPLEFT, {{"friction", "0.8"}, {"paused"}});
  EXPECT_GT(difference(draw(scene), plain), 50);
  scene.set_text(mjGRID_TOPLEFT, {{std::string(10000, 'x')}});  // cut, not a crash
  draw(scene);
  scene.set_text(mjGRID_TOPLEFT, {});
  EXPECT_LE(difference(draw(scene), plain), kRounding);
}

TEST_F(OffscreenTest, EachSizeIsItsOwnAndTwoCanBeUsedInTurn) {
  Offscreen small(*model_, {.width = 65, .height = 43});
  SceneView scene(*model_);
  scene.update(*model_, *data_);
  const Frame first = draw(scene);
  EXPECT_EQ(small.render(scene).size(), 65u * 43 * 3);
  EXPECT_GT(count_orange(small.render(scene)), 5);
  EXPECT_LE(difference(draw(scene), first), kRounding);
}

TEST_F(OffscreenTest, RefusesSizesThatCannotBe) {
  EXPECT_THROW(Offscreen(*model_, {.width = 0}), Error);
  EXPECT_THROW(Offscreen(*model_, {.width = 1000000}), Error);
}

// A process has one OpenGL, so OSMesa gets its own.
TEST_F(RobotTest, OsmesaDrawsTheRobotToo) {
  if (!dlopen("libOSMesa.so.8", RTLD_NOW | RTLD_LOCAL)) GTEST_SKIP() << "OSMesa: " << dlerror();
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        SceneView scene(*model_);
        scene.update(*model_, *data_);
        Offscreen offscreen(*model_, {.backend = Backend::kOsmesa});
        const bool drawn = count_orange(offscreen.render(scene)) > 1000;
        bool refused = false;
        try {
          Offscreen other(*model_, {.backend = Backend::kEgl});
        } catch (const Error&) {
          refused = true;
        }
        std::_Exit(drawn && refused ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

TEST_F(RobotTest, TheSceneNamesTheBodyItCannotFollow) {
  EXPECT_THROW(SceneView(*model_, {.follow_body = static_cast<int>(model_->nbody)}), Error);
  EXPECT_THROW(SceneView(*model_, {.max_robots = 0}), Error);
}

}  // namespace
}  // namespace kennel::render
