// The shipped robot standing, for tests that draw it.
#pragma once

#include <gtest/gtest.h>
#include <mujoco/mujoco.h>

#include <cstdlib>
#include <memory>
#include <span>
#include <string>

namespace kennel::render {

class RobotTest : public testing::Test {
 protected:
  struct Deleter {
    void operator()(mjModel* model) const { mj_deleteModel(model); }
    void operator()(mjData* data) const { mj_deleteData(data); }
  };

  RobotTest() {
    char error[1000] = "";
    const char* path = KENNEL_SOURCE_DIR "/envs/pupper_v3/pupper_v3.xml";
    model_.reset(mj_loadXML(path, nullptr, error, sizeof error));
    if (!model_) throw std::runtime_error(error);
    data_ = make_data();
  }

  std::unique_ptr<mjData, Deleter> make_data() {
    std::unique_ptr<mjData, Deleter> data(mj_makeData(model_.get()));
    mj_forward(model_.get(), data.get());
    return data;
  }

  std::unique_ptr<mjModel, Deleter> model_;
  std::unique_ptr<mjData, Deleter> data_;
};

// Averages of a part of a picture, 0 to 255.
struct Colour {
  double red = 0.0, green = 0.0, blue = 0.0;
};
inline Colour mean_colour(std::span<const unsigned char> rgb) {
  Colour sum;
  const double pixels = static_cast<double>(rgb.size() / 3);
  for (std::size_t at = 0; at + 2 < rgb.size(); at += 3) {
    sum.red += rgb[at] / pixels;
    sum.green += rgb[at + 1] / pixels;
    sum.blue += rgb[at + 2] / pixels;
  }
  return sum;
}

// How many pixels have the robot's orange shell.
inline int count_orange(std::span<const unsigned char> rgb) {
  int count = 0;
  for (std::size_t at = 0; at + 2 < rgb.size(); at += 3)
    count += rgb[at] > 120 && rgb[at] > 2 * rgb[at + 2];
  return count;
}

// An environment variable set or unset for a scope.
class Environment {
 public:
  Environment(const char* name, const char* value) : name_(name) {
    const char* old = std::getenv(name);
    was_set_ = old != nullptr;
    if (old) old_ = old;
    set(value);
  }
  ~Environment() { set(was_set_ ? old_.c_str() : nullptr); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  void set(const char* value) {
    if (value) {
      setenv(name_, value, 1);
    } else {
      unsetenv(name_);
    }
  }

  const char* name_;
  bool was_set_ = false;
  std::string old_;
};

}  // namespace kennel::render
