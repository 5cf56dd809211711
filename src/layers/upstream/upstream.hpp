// The end of the stack: sends the call to its server and brings the answer back.
#pragma once

#include "pipeline/call.hpp"

namespace sallyport::layers {

class Upstream final : public pipeline::Service {
 public:
  Task<pipeline::Reply> call(pipeline::Call& call) override;
};

}  // namespace sallyport::layers
