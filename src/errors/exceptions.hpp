// Everything that a tool author may raise or catch, in one header: the framework's classes for tools and for
// its server, the gateway's (in sallyport::envelope), and the way from each to an Error and back.
#pragma once

#include "errors/gateway_errors.hpp"
#include "errors/mcp_errors.hpp"
#include "errors/tool_errors.hpp"
#include "errors/typed_error.hpp"
