#include "everything.hpp"

#include <array>
#include <string_view>
#include <vector>

namespace everything {
namespace {

using sallyport::Content;

constexpr std::array<unsigned char, 69> png_bytes{
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48,
    0x44, 0x52, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x02, 0x00, 0x00,
    0x00, 0x90, 0x77, 0x53, 0xde, 0x00, 0x00, 0x00, 0x0c, 0x49, 0x44, 0x41, 0x54, 0x78,
    0x9c, 0x63, 0xf8, 0xcf, 0xc0, 0x00, 0x00, 0x03, 0x01, 0x01, 0x00, 0xc9, 0xfe, 0x92,
    0xef, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};

// 8000 Hz, mono, 16 bits, two samples.
constexpr std::string_view wav_bytes(
    "RIFF\x28\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0data\4\0\0\0\0\0\0\0", 48);

Content simple_text() {
  return Content::text("This is a simple text response for testing.");
}

Content image() {
  return Content::image(png(), "image/png");
}

Content audio() {
  return Content::audio(wav(), "audio/wav");
}

Content embedded_resource() {
  return Content::embedded_text("test://embedded-resource", "This is an embedded resource content.",
                                "text/plain");
}

std::vector<Content> multiple_types() {
  return {Content::text("Multiple content types test:"), Content::image(png(), "image/png"),
          Content::embedded_text("test://mixed-content-resource", R"({"test":"data","value":123})",
                                 "application/json")};
}

Content resource_link() {
  return Content::resource_link({.uri = "test://static-text",
                                 .name = "static-text",
                                 .title = "Static text",
                                 .description = "A text that never changes",
                                 .mime_type = "text/plain"})
      .annotate({.audience = {"user"}, .priority = 0.5});
}

void fail_on_purpose() {
  throw sallyport::ToolExecutionError("This tool intentionally returns an error for testing");
}

}  // namespace

std::string png() {
  return {png_bytes.begin(), png_bytes.end()};
}

std::string wav() {
  return std::string(wav_bytes);
}

void add_content_tools(sallyport::Server& app) {
  app.tool("test_simple_text", "Gives a text.", simple_text).read_only();
  app.tool("test_image_content", "Gives an image.", image).read_only();
  app.tool("test_audio_content", "Gives a sound.", audio).read_only();
  app.tool("test_embedded_resource", "Gives a resource with its contents.", embedded_resource).read_only();
  app.tool("test_multiple_content_types", "Gives text, image and resource.", multiple_types).read_only();
  app.tool("test_resource_link", "Gives a link to a resource.", resource_link).read_only();
  app.tool("test_error_handling", "Fails.", fail_on_purpose);
}

}  // namespace everything
