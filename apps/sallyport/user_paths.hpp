// Where things of this user are: home, configuration, state, and the program itself.
#pragma once

#include <filesystem>

namespace sallyport::cli {

std::filesystem::path home_directory();    // $HOME, else as the system knows it
std::filesystem::path config_directory();  // $XDG_CONFIG_HOME/sallyport, by default ~/.config/sallyport
std::filesystem::path state_directory();   // $XDG_STATE_HOME/sallyport, by default ~/.local/state/sallyport
std::filesystem::path admin_token_file();  // state_directory()/admin-token
std::filesystem::path seal_key_file();     // state_directory()/seal-key
std::filesystem::path program_path();      // absolute

// The configuration that a command reads where no flag names one: ./sallyport.yaml; where that is not, this
// user's in config_directory() if it is there.
std::filesystem::path standard_config();

// `~` for the home directory, as people write it.
std::string tilde(const std::filesystem::path& path);

}  // namespace sallyport::cli
