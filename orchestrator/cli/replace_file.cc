#include "orchestrator/cli/replace_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <vector>

namespace unjam::cli {
namespace {

namespace fs = std::filesystem;

class NewFile {
 public:
  explicit NewFile(const fs::path& beside) {
    const std::string form = (beside.parent_path() / ("." + beside.filename().string() + ".XXXXXX")).string();
    name_.assign(form.begin(), form.end());
    name_.push_back('\0');
    fd_ = ::mkostemp(name_.data(), O_CLOEXEC);
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile() {
    if (fd_ >= 0) ::close(fd_);
    if (fd_ >= 0 && !renamed_) ::unlink(name_.data());
  }

  bool opened() const { return fd_ >= 0; }

  bool write(std::string_view text) {
    while (!text.empty()) {
      const ssize_t n = ::write(fd_, text.data(), text.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  // Only root can give a file away; its owner needs not.
  bool finish(const struct stat& like, const fs::path& path) {
    const bool same_owner = like.st_uid == ::geteuid() && like.st_gid == ::getegid();
    if (!same_owner && ::fchown(fd_, like.st_uid, like.st_gid) != 0 && errno != EPERM) return false;
    if (::fchmod(fd_, like.st_mode & 07777U) != 0 || ::fsync(fd_) != 0) return false;
    renamed_ = std::rename(name_.data(), path.c_str()) == 0;
    return renamed_;
  }

 private:
  std::vector<char> name_;
  int fd_ = -1;
  bool renamed_ = false;
};

}  // namespace

Result<void> replace_file(const std::string& path, std::string_view text) {
  std::error_code code;
  const fs::path real = fs::canonical(path, code);
  if (code) return fail(ErrorKind::io, code.message(), path);
  struct stat like{};
  if (::stat(real.c_str(), &like) != 0) return fail(ErrorKind::io, std::strerror(errno), path);
  NewFile file(real);
  if (!file.opened() || !file.write(text) || !file.finish(like, real))
    return fail(ErrorKind::io, std::string("it could not be replaced: ") + std::strerror(errno), path);
  return {};
}

}  // namespace unjam::cli
