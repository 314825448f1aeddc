// Keys and gamepad buttons, and what they mean.
#pragma once

#include <GLFW/glfw3.h>

#include <functional>

#include "kennel/render/window.h"

namespace kennel::render {

/// Notes a key that went down in `input`.
void press_key(int key, WindowInput& input);

/// Notes the gamepad's buttons that went down since `before` in `input`.
void press_buttons(const GLFWgamepadstate& before, const GLFWgamepadstate& now, WindowInput& input);

/// Sets the axes from the keys held and the gamepad's sticks.
void read_axes(const std::function<bool(int key)>& is_held, const GLFWgamepadstate& gamepad,
               WindowInput& input);

/// The first gamepad's state, everything released when there is none.
GLFWgamepadstate read_gamepad();

}  // namespace kennel::render
