# libsallyport as others get it: one archive of the folders that a server needs, its headers, find_package(sallyport).
include(CMakePackageConfigHelpers)

set(folders base errors json schema task protocol classify net telemetry session recovery pipeline transport server)
add_library(sallyport_framework STATIC)
foreach(folder ${folders})
  target_sources(sallyport_framework PRIVATE $<TARGET_OBJECTS:sallyport_${folder}>)
endforeach()
set_target_properties(sallyport_framework PROPERTIES EXPORT_NAME sallyport OUTPUT_NAME sallyport LINKER_LANGUAGE CXX)
target_compile_features(sallyport_framework INTERFACE cxx_std_23)
target_include_directories(sallyport_framework INTERFACE $<INSTALL_INTERFACE:include> $<INSTALL_INTERFACE:include/sallyport>)
target_link_libraries(sallyport_framework INTERFACE
  fmt::fmt spdlog::spdlog simdjson::simdjson re2 Boost::json Boost::url OpenSSL::SSL OpenSSL::Crypto Threads::Threads)

set(package lib/cmake/sallyport)
install(TARGETS sallyport_framework EXPORT sallyport ARCHIVE DESTINATION lib COMPONENT framework)
install(EXPORT sallyport NAMESPACE sallyport:: FILE sallyportTargets.cmake DESTINATION ${package} COMPONENT framework)
configure_package_config_file(${CMAKE_SOURCE_DIR}/cmake/sallyportConfig.cmake.in ${CMAKE_BINARY_DIR}/sallyportConfig.cmake
  INSTALL_DESTINATION ${package})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/sallyportConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/sallyportConfig.cmake ${CMAKE_BINARY_DIR}/sallyportConfigVersion.cmake
  DESTINATION ${package} COMPONENT framework)

# What include/sallyport.hpp reaches; tests/package/framework.sh finds out if one is missing.
set(public
  base/clock base/secret classify/adapter classify/classify classify/curl classify/curl_tool classify/exception
  classify/retry_after
  errors/authored errors/catalog errors/code errors/error errors/error_class errors/exceptions errors/gateway_errors errors/kind
  errors/mcp_errors errors/result errors/tool_errors errors/typed_error protocol/log_level protocol/method protocol/revision task/scope task/task
  server/asking server/completer server/content server/context server/function server/identity server/json
  server/middleware server/prompt server/resource server/schema server/secrets server/server server/task_limits server/tool)
install(FILES ${CMAKE_SOURCE_DIR}/include/sallyport.hpp DESTINATION include COMPONENT framework)
install(FILES ${CMAKE_SOURCE_DIR}/include/sallyport/curl.hpp DESTINATION include/sallyport COMPONENT framework)
foreach(header ${public})
  get_filename_component(folder ${header} DIRECTORY)
  install(FILES ${CMAKE_SOURCE_DIR}/src/${header}.hpp DESTINATION include/sallyport/${folder} COMPONENT framework)
endforeach()
