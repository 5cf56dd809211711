// The framework in one header: write an MCP server the way you write a function.
#pragma once

#include "errors/exceptions.hpp"
#include "server/server.hpp"
