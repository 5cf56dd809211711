// What a legacy server tells of a task while it works on it, on its way to whoever has the task.
#pragma once

#include "protocol/message.hpp"

#include <string_view>

namespace sallyport::pipeline {

class TaskSink {
 public:
  // A notifications/progress or notifications/message, as the server sent it.
  virtual void heard(std::string_view bytes, const protocol::Message& message) = 0;
  virtual bool ended() const = 0;  // there is hardly anything more to hear: it goes first where room is short

 protected:
  ~TaskSink() = default;
};

}  // namespace sallyport::pipeline
