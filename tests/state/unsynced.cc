#include "tests/state/unsynced.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <ranges>

#include "state/base/rng.h"

namespace unjam::state {
namespace {

constexpr std::int64_t kSector = 512;  // what a disk writes whole

class Raw {  // the file past SQLite
 public:
  explicit Raw(const std::string& path) : file_(::open(path.c_str(), O_RDWR | O_CLOEXEC)) {}
  ~Raw() {
    if (file_ >= 0) ::close(file_);
  }
  Raw(const Raw&) = delete;
  Raw& operator=(const Raw&) = delete;

  std::int64_t size() const {
    struct stat about{};
    return file_ >= 0 && ::fstat(file_, &about) == 0 ? about.st_size : 0;
  }
  std::string read(std::int64_t at, std::int64_t size) const {
    std::string out(static_cast<std::size_t>(std::max<std::int64_t>(size, 0)), '\0');
    const auto got = file_ >= 0 ? ::pread(file_, out.data(), out.size(), at) : 0;
    out.resize(static_cast<std::size_t>(std::max<std::int64_t>(got, 0)));
    return out;
  }
  void write(std::int64_t at, const std::string& bytes) const {
    if (file_ >= 0) (void)!::pwrite(file_, bytes.data(), bytes.size(), at);
  }
  void truncate(std::int64_t size) const {
    if (file_ >= 0) (void)!::ftruncate(file_, size);
  }

 private:
  int file_;
};

}  // namespace

void Unsynced::before_write(const std::string& path, const char* bytes, std::int64_t size, std::int64_t at) {
  const Raw file(path);
  writes_.push_back({at, std::string(bytes, static_cast<std::size_t>(size)), file.read(at, size), file.size()});
}

void Unsynced::before_truncate(const std::string& path, std::int64_t size) {
  const Raw file(path);
  writes_.push_back({size, {}, file.read(size, file.size() - size), file.size()});
}

void Unsynced::lose(const std::string& path, Cut cut, std::uint64_t seed) {
  const Raw file(path);
  for (const Write& write : std::views::reverse(writes_)) {
    file.write(write.at, write.before);
    file.truncate(write.size_before);
  }
  Rng rng(seed);
  const auto kept = cut == Cut::prefix ? rng.below(writes_.size() + 1) : writes_.size();
  for (std::size_t i = 0; i < kept && cut != Cut::all; ++i) {
    const Write& write = writes_[i];
    if (cut == Cut::subset && rng.below(2) == 0) continue;
    if (write.now.empty()) {
      file.truncate(write.at);
      continue;
    }
    const bool torn = cut == Cut::subset ? rng.below(4) == 0 : i + 1 == kept;
    const auto sectors = static_cast<std::uint64_t>((std::ssize(write.now) + kSector - 1) / kSector);
    const auto bytes = torn ? rng.below(sectors + 1) * kSector : write.now.size();
    file.write(write.at, write.now.substr(0, bytes));
  }
  writes_.clear();
}

}  // namespace unjam::state
