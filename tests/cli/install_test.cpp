// `sallyport install`: what it writes, what it refuses, and that it can be taken back to the byte.
#include "child.hpp"
#include "json/dom.hpp"
#include "json/scanner.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sallyport::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

const std::string cursor_file = R"json({
  // mine
  "mcpServers": {
    "Files (new)": {
      "command": "sh",
      "args": ["-c", "true"]
    },
    "hub": {"command": "sh", "args": ["--token", "canary-arg"], "env": {"HUB_TOKEN": "canary-env", "LOG": "info"}},
    "far": {"url": "https://h.example/mcp", "headers": {"Authorization": "Bearer canary-header"}},
  },
  "unrelated": {"keep":   [1, 2,], "secret": "canary-else"}
}
)json";

// A home of its own, in which the program finds everything.
class Install : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "sallyport-install-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    home_ = fs::canonical(name);
    ::setenv("HOME", home_.c_str(), 1);
    ::unsetenv("XDG_CONFIG_HOME");
    ::unsetenv("XDG_STATE_HOME");
    ::unsetenv("CLAUDE_CONFIG_DIR");
  }
  void TearDown() override { fs::remove_all(home_); }

  Outcome install(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "install");
    return run(SALLYPORT_BINARY, std::move(arguments));
  }

  std::string write(const fs::path& name, std::string_view text) const {
    const fs::path path = home_ / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  std::string read(const fs::path& name) const {
    std::ifstream file(home_ / name, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }

  mode_t mode(const fs::path& name) const {
    struct stat facts{};
    EXPECT_EQ(::stat((home_ / name).c_str(), &facts), 0) << name;
    return facts.st_mode & 0777U;
  }

  // Every file below home, so that a test can say that nothing is left.
  std::vector<std::string> files() const {
    std::vector<std::string> all;
    for (const auto& entry : fs::recursive_directory_iterator(home_)) {
      if (entry.is_regular_file()) all.push_back(entry.path().lexically_relative(home_));
    }
    std::ranges::sort(all);
    return all;
  }

  fs::path home_;
};

TEST_F(Install, MovesTheServersLeavesOneEntryAndTakesItBackToTheByte) {
  write(".cursor/mcp.json", cursor_file);
  ::chmod((home_ / ".cursor/mcp.json").c_str(), 0640);
  const Outcome done = install({"--client", "cursor"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.out,
              AllOf(HasSubstr("Files (new)  moved  files-new"), HasSubstr("Next: "),
                    HasSubstr("sallyport install --client cursor --undo"), Not(HasSubstr("canary"))));
  EXPECT_THAT(done.err, Not(HasSubstr("canary")));

  EXPECT_EQ(read(".cursor/mcp.json"),
            "{\n  // mine\n  \"mcpServers\": {\n    \"sallyport\": {\n      \"command\": \"" +
                fs::canonical(SALLYPORT_BINARY).string() +
                "\",\n      \"args\": [\"serve\", \"--stdio\", \"-c\", \"" + home_.string() +
                "/.config/sallyport/sallyport.yaml\"]\n    },\n  },\n" +
                cursor_file.substr(cursor_file.find("  \"unrelated\"")));
  EXPECT_EQ(mode(".cursor/mcp.json"), 0640U);
  EXPECT_EQ(read(".cursor/mcp.json.before-sallyport"), cursor_file);

  const std::string config = read(".config/sallyport/sallyport.yaml");
  EXPECT_THAT(config, AllOf(HasSubstr("  files-new:\n    command: sh\n"), HasSubstr("LOG: info"),
                            Not(HasSubstr("canary"))));
  EXPECT_EQ(mode(".config/sallyport/sallyport.yaml"), 0600U);
  EXPECT_EQ(read(".config/sallyport/secrets/hub.HUB_TOKEN"), "canary-env\n");
  EXPECT_EQ(mode(".config/sallyport/secrets/hub.HUB_TOKEN"), 0600U);
  EXPECT_EQ(mode(".config/sallyport/secrets"), 0700U);
  EXPECT_EQ(read(".config/sallyport/secrets/far.Authorization"), "Bearer canary-header\n");
  EXPECT_EQ(run(SALLYPORT_BINARY, {"check"}).code, 0) << "the configuration of this user is found";

  const Outcome again = install({"--client", "cursor"});
  EXPECT_EQ(again.code, 0);
  EXPECT_THAT(again.out, HasSubstr("nothing to do"));

  const Outcome undone = install({"--client", "cursor", "--undo"});
  EXPECT_EQ(undone.code, 0) << undone.err;
  EXPECT_EQ(read(".cursor/mcp.json"), cursor_file);
  EXPECT_EQ(mode(".cursor/mcp.json"), 0640U);
  EXPECT_THAT(files(), testing::ElementsAre(".cursor/mcp.json", ".local/state/sallyport/install/lock"));
  EXPECT_EQ(install({"--client", "cursor", "--undo"}).code, 1);
}

TEST_F(Install, DryRunWritesNothingAndMasksSecrets) {
  write(".cursor/mcp.json", cursor_file);
  for (const bool json : {false, true}) {
    std::vector<std::string> arguments{"--client", "cursor", "--dry-run"};
    if (json) arguments.emplace_back("--json");
    const Outcome dry = install(arguments);
    EXPECT_EQ(dry.code, 0) << dry.err;
    EXPECT_THAT(dry.out + dry.err, AllOf(HasSubstr("***"), HasSubstr("files-new"), Not(HasSubstr("canary"))));
  }
  EXPECT_THAT(files(), testing::ElementsAre(".cursor/mcp.json"));
  const Outcome dry = install({"--client", "cursor", "--dry-run", "--json"});
  const auto dom = json::Dom::parse(dry.out);
  ASSERT_TRUE(dom);
  EXPECT_EQ(dom->at("/changed")->get_bool().value(), true);
  EXPECT_EQ(dom->at("/servers/0/name")->get_string().value(), "files-new");
}

TEST_F(Install, AnExistingConfigurationLosesNothing) {
  const std::string mine =
      "version: 1\nservers:\n  # my own\n  hub: {command: other}\n\n# later\ntimeouts: {tool: 9s}\n";
  write("s.yaml", mine);
  write(".cursor/mcp.json", cursor_file);
  const Outcome done = install({"--client", "cursor", "-c", home_ / "s.yaml"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("hub-2")) << "another server has that name";
  const std::string config = read("s.yaml");
  const std::size_t added = config.find("  # from Cursor");
  EXPECT_EQ(config.substr(0, added), mine.substr(0, mine.find("\n# later")));
  EXPECT_TRUE(config.ends_with(mine.substr(mine.find("\n# later"))));

  write("s.yaml", config + "# touched\n");
  const Outcome undone = install({"--client", "cursor", "--undo"});
  EXPECT_EQ(undone.code, 0);
  EXPECT_THAT(undone.err, HasSubstr("was changed since and stays"));
  EXPECT_EQ(read(".cursor/mcp.json"), cursor_file);
  EXPECT_EQ(read("s.yaml"), config + "# touched\n");

  const Outcome twice = install({"--client", "cursor", "-c", home_ / "s.yaml"});
  EXPECT_THAT(twice.out, AllOf(HasSubstr("there already"), HasSubstr("has the servers already")));
  EXPECT_EQ(read("s.yaml"), config + "# touched\n");
}

TEST_F(Install, UndoRefusesWhatWouldLoseAChange) {
  write(".cursor/mcp.json", cursor_file);
  ASSERT_EQ(install({"--client", "cursor"}).code, 0);
  const std::string changed = read(".cursor/mcp.json") + "\n";
  write(".cursor/mcp.json", changed);
  const Outcome refused = install({"--client", "cursor", "--undo"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("was changed since"), HasSubstr("diff "), HasSubstr("cp ")));
  EXPECT_EQ(read(".cursor/mcp.json"), changed);
}

TEST_F(Install, EveryAgentsFileAndForm) {
  const std::string servers = R"({"a": {"command": "sh"}})";
  const struct {
    std::vector<std::string> arguments;
    std::string file;
    std::string text;
    std::string has;
  } cases[] = {
      {{"--client", "claude-desktop"},
       ".config/Claude/claude_desktop_config.json",
       R"({"mcpServers":)" + servers + "}",
       R"({"mcpServers":{"sallyport": {"command": )"},
      {{"--client", "claude-code"},
       ".claude.json",
       R"({"numStartups": 3,"mcpServers":)" + servers + R"(,"x":"é"})",
       R"({"numStartups": 3,"mcpServers":{"sallyport": {"type": "stdio", "command": )"},
      {{"--client", "vscode"},
       ".config/Code/User/mcp.json",
       R"({"servers":)" + servers + R"(,"inputs":[]})",
       R"({"servers":{"sallyport": {"type": "stdio")"},
      {{"--client", "vscode", "--file", "FILE"},
       "old/settings.json",
       "{\n  \"editor\": 1,\n  \"mcp\": {\n    \"servers\": " + servers + "\n  }\n}\n",
       R"("servers": {"sallyport")"},
  };
  for (const auto& one : cases) {
    const std::string path = write(one.file, one.text);
    std::vector<std::string> arguments = one.arguments;
    std::ranges::replace(arguments, "FILE", path);
    const Outcome done = install(arguments);
    EXPECT_EQ(done.code, 0) << done.err;
    EXPECT_THAT(read(one.file), HasSubstr(one.has));
    arguments.emplace_back("--undo");
    EXPECT_EQ(install(arguments).code, 0);
    EXPECT_EQ(read(one.file), one.text);
  }
}

TEST_F(Install, ScopesOfClaudeCode) {
  const std::string folder = home_ / "project";
  fs::create_directory(folder);
  const std::string text = "{\n  \"projects\": {\n    \"" + folder +
                           "\": {\n      \"mcpServers\": {\"mine\": {\"command\": \"sh\"}}\n    },\n"
                           "    \"/other\": {\"mcpServers\": {\"theirs\": {\"command\": \"sh\"}}}\n  }\n}\n";
  write(".claude.json", text);
  write("project/.mcp.json",
        R"({"mcpServers": {"shared": {"command": "./tool", "args": ["${TOKEN:-none}"]}}})");
  const fs::path before = fs::current_path();
  fs::current_path(folder);
  const Outcome local = install({"--client", "claude-code", "--scope", "local"});
  const Outcome project = install({"--client", "claude-code", "--scope", "project", "--json"});
  const Outcome none = install({"--client", "claude-code"});
  // The last first: both of them wrote into ~/.claude.json.
  EXPECT_EQ(install({"--client", "claude-code", "--undo"}).code, 0);
  EXPECT_EQ(install({"--client", "claude-code", "--scope", "local", "--undo", "--json"}).code, 0);
  fs::current_path(before);

  EXPECT_EQ(local.code, 0) << local.err;
  EXPECT_THAT(local.out, HasSubstr("sallyport install --client claude-code --scope local --undo"));
  EXPECT_THAT(local.err, HasSubstr("1 more here: ~/project/.mcp.json (--scope project)"));
  EXPECT_EQ(read(".claude.json"), text) << "undone";
  EXPECT_EQ(project.code, 0) << project.err;
  const std::string config = read(".config/sallyport/sallyport.yaml");
  EXPECT_THAT(config, AllOf(HasSubstr("  mine:\n    command: sh\n    cwd: " + folder),
                            HasSubstr("args: [\"${TOKEN:-none}\"]\n    cwd: " + folder)));
  EXPECT_THAT(read("project/.mcp.json"), HasSubstr(R"({"mcpServers": {"sallyport": {"type": "stdio", )"));
  EXPECT_EQ(none.code, 0) << "nothing of the user's own, but an entry for what is served: " << none.err;
}

TEST_F(Install, AWorkspaceIsTranslatedAndBecomesTheFolderOfItsServers) {
  const std::string path = write(
      "p/.vscode/mcp.json", R"({"servers": {"a": {"command": "sh", "args": ["${workspaceFolder}/x"]}}})");
  const Outcome done = install({"--client", "vscode", "--file", path});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(read(".config/sallyport/sallyport.yaml"), AllOf(HasSubstr("args: [" + home_.string() + "/p/x]"),
                                                              HasSubstr("cwd: " + home_.string() + "/p\n")));
}

TEST_F(Install, WhatCannotBeTranslatedIsRefusedWithItsPlaceOrKept) {
  const std::string text = R"({
  "mcpServers": {
    "asks": {"command": "sh", "env": {"K": "${input:key}"}},
    "plain": {"command": "sh"}
  }
})";
  const std::string path = write(".cursor/mcp.json", text);
  const Outcome refused = install({"--client", "cursor"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err,
              AllOf(StartsWith(path + ":3:44: `${input:key}` asks a person"), HasSubstr("--keep NAME")));
  EXPECT_EQ(read(".cursor/mcp.json"), text);

  const Outcome kept = install({"--client", "cursor", "--keep", "asks"});
  EXPECT_EQ(kept.code, 0) << kept.err;
  EXPECT_THAT(read(".cursor/mcp.json"),
              AllOf(HasSubstr(R"(    "asks": {"command": "sh", "env": {"K": "${input:key}"}},
    "sallyport": {)"),
                    Not(HasSubstr("plain"))));
  EXPECT_EQ(install({"--client", "cursor", "--keep", "nobody"}).code, 2);
}

TEST_F(Install, MistakesOfFilesAndFlags) {
  EXPECT_EQ(install({"--client", "cursr"}).code, 2);
  EXPECT_THAT(install({"--client", "cursr"}).err, HasSubstr("did you mean `cursor`?"));
  EXPECT_THAT(install({"--client", "cursor", "--scope", "local"}).err, HasSubstr("no scope `local`"));
  EXPECT_THAT(install({"--client", "claude-desktop", "--scope", "project"}).err,
              HasSubstr("of the user only"));
  EXPECT_THAT(install({"--client", "cursor"}).err, HasSubstr("there is no " + home_.string()));
  EXPECT_EQ(install({"--client", "cursor"}).code, 2);

  const std::string broken = write("broken.json", "{\n  \"mcpServers\": {\"a\": {\"command\": \"sh\"},,\n}}");
  const Outcome syntax = install({"--client", "cursor", "--file", broken});
  EXPECT_EQ(syntax.code, 2);
  EXPECT_THAT(syntax.err, StartsWith(broken + ":2:41: JSON syntax error"));
  const Outcome directory = install({"--client", "cursor", "--file", home_});
  EXPECT_EQ(directory.code, 1);
  EXPECT_THAT(directory.err, HasSubstr("is a directory"));
  const std::string empty = write("empty.json", "{\"mcpServers\": {}}");
  EXPECT_THAT(install({"--client", "cursor", "--file", empty}).err, HasSubstr("no servers to put behind"));

  fs::create_symlink("nowhere", home_ / "dangling.json");
  EXPECT_THAT(install({"--client", "cursor", "--file", home_ / "dangling.json"}).err, HasSubstr("not there"));
  write("flow.yaml", "{version: 1}");
  const std::string good = write("good.json", R"({"mcpServers": {"a": {"command": "sh"}}})");
  const Outcome flow = install({"--client", "cursor", "--file", good, "-c", home_ / "flow.yaml"});
  EXPECT_EQ(flow.code, 2);
  EXPECT_THAT(flow.err, HasSubstr("flow.yaml:1:1: the configuration is written in braces"));
  EXPECT_EQ(read("good.json"), R"({"mcpServers": {"a": {"command": "sh"}}})");
}

TEST_F(Install, ALinkStaysALink) {
  write("dotfiles/mcp.json", cursor_file);
  fs::create_directories(home_ / ".cursor");
  fs::create_symlink("../dotfiles/mcp.json", home_ / ".cursor/mcp.json");
  ASSERT_EQ(install({"--client", "cursor"}).code, 0);
  EXPECT_TRUE(fs::is_symlink(home_ / ".cursor/mcp.json"));
  EXPECT_THAT(read("dotfiles/mcp.json"), HasSubstr("sallyport"));
  ASSERT_EQ(install({"--client", "cursor", "--undo"}).code, 0);
  EXPECT_EQ(read("dotfiles/mcp.json"), cursor_file);
}

TEST_F(Install, TwoAtOnceLeaveTwoWholeFiles) {
  write(".cursor/mcp.json", cursor_file);
  write(".config/Claude/claude_desktop_config.json",
        R"({"mcpServers": {"b": {"command": "sh", "args": ["b"]}}})");
  std::vector<std::unique_ptr<Child>> running;
  for (int i = 0; i < 4; ++i) {
    for (const char* const client : {"cursor", "claude-desktop"}) {
      running.push_back(
          std::make_unique<Child>(SALLYPORT_BINARY, std::vector<std::string>{"install", "--client", client}));
    }
  }
  for (const auto& each : running) {
    const Outcome outcome = each->wait();
    EXPECT_EQ(outcome.code, 0) << outcome.err;
  }
  const Outcome checked = run(SALLYPORT_BINARY, {"check", "--json"});
  const auto dom = json::Dom::parse(checked.out);
  ASSERT_TRUE(dom) << checked.out;
  EXPECT_EQ(dom->at("/servers")->get_array().value().size(), 4U) << checked.out;
  ASSERT_EQ(install({"--client", "cursor", "--undo"}).code, 0);
  EXPECT_EQ(read(".cursor/mcp.json"), cursor_file);
}

TEST_F(Install, AFullDiskChangesNothing) {
  const fs::path disk = home_ / "disk";
  fs::create_directory(disk);
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=16k") != 0)
    GTEST_SKIP() << "needs root to make a small disk";
  const std::string text = R"({"mcpServers": {"a": {"command": "sh"}}})" + std::string(6000, ' ');
  const std::string path = write("disk/mcp.json", text);
  std::ofstream(disk / "filler") << std::string(64 * 1024, 'x');
  const Outcome full = install({"--client", "cursor", "--file", path});
  EXPECT_EQ(full.code, 1);
  EXPECT_THAT(full.err, HasSubstr("No space left on device"));
  EXPECT_EQ(read("disk/mcp.json"), text);
  fs::remove(disk / "filler");
  EXPECT_EQ(std::distance(fs::directory_iterator(disk), fs::directory_iterator()), 1)
      << "no half of a file is left";
  ::umount(disk.c_str());
}

TEST_F(Install, AFolderThatCannotBeWrittenIsSaid) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  const std::string path = write("closed/mcp.json", R"({"mcpServers": {"a": {"command": "sh"}}})");
  fs::permissions(home_ / "closed", fs::perms::owner_read | fs::perms::owner_exec);
  const Outcome refused = install({"--client", "cursor", "--file", path});
  fs::permissions(home_ / "closed", fs::perms::owner_all);
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("Permission denied"));
}

}  // namespace
}  // namespace sallyport::test
