// A server that shows every feature of the protocol; its names are those of the official conformance suite.
#pragma once

#include <string>

#include <sallyport.hpp>

namespace everything {

void add_content_tools(sallyport::Server& app);  // what a tool may give back
void add_running_tools(sallyport::Server& app);  // what a tool may do while it runs
void add_schema_tools(sallyport::Server& app);   // what a tool may take
void add_asking_tools(sallyport::Server& app);   // what a tool may ask its caller
void add_task_tools(sallyport::Server& app);     // what may go on behind a handle
void add_resources(sallyport::Server& app);
void add_prompts(sallyport::Server& app);

// A red pixel, and a moment of silence.
std::string png();
std::string wav();

}  // namespace everything
