// A directory of its own for one test, gone with it. In memory where there is such a place: a test that syncs a
// thousand times asks what the code does with the answer, not how fast the disk gives it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace unjam {

class TempDir {
 public:
  TempDir() {
    namespace fs = std::filesystem;
    for (const fs::path& parent : {fs::path("/dev/shm"), fs::temp_directory_path()}) {
      std::string pattern = (parent / "unjam-test-XXXXXX").string();
      if (::mkdtemp(pattern.data()) == nullptr) continue;
      path_ = pattern;
      return;
    }
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace unjam
