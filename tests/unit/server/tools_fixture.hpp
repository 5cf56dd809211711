// A server with tools, and what a call of one said.
#pragma once

#include "unit/server/asked.hpp"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace sallyport {

struct ToolsTest : ::testing::Test, testing::Asked {
  std::string text(std::string_view tool, std::string_view arguments = "{}") {
    return text_at(call_tool(tool, arguments), {"result", "content", "0", "text"});
  }
  // The code in _meta of a failed call.
  std::string code(std::string_view tool, std::string_view arguments = "{}") {
    return text_at(call_tool(tool, arguments), {"result", "_meta", "dev.sallyport/error", "code"});
  }
};

}  // namespace sallyport
