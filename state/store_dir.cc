#include "state/store_dir.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace unjam::state {
namespace {

constexpr const char* kLockFile = "lock";
constexpr const char* kBallastFile = "ballast";
constexpr mode_t kDirMode = 0700;
constexpr mode_t kFileMode = 0600;
constexpr mode_t kOthersWrite = 0022;

std::unexpected<Error> failed(const std::string& doing, const std::string& path) {
  const int code = errno;
  const bool permission = code == EACCES || code == EPERM || code == EROFS;
  const ErrorKind kind = permission ? ErrorKind::denied : code == ENOENT ? ErrorKind::not_found : ErrorKind::io;
  return fail(kind, fmt::format("{}: {}", doing, std::strerror(code)), path);
}

Result<File> open_dir(const std::string& path) {
  File directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0) return failed("opening the state directory", path);
  return directory;
}

Result<void> sync_parent(const std::string& path) {
  const auto slash = path.find_last_of('/');
  const std::string parent = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  const auto directory = open_dir(parent);
  if (!directory) return std::unexpected(directory.error());
  if (::fsync(directory->get()) != 0) return failed("syncing the directory", parent);
  return {};
}

std::string owner_text(int descriptor) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(descriptor, text.data(), text.size() - 1, 0);
  std::string pid(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  if (const auto end = pid.find('\n'); end != std::string::npos) pid.resize(end);
  const bool digits = !pid.empty() && std::ranges::all_of(pid, [](char c) { return c >= '0' && c <= '9'; });
  return digits ? "process " + pid : "another process";
}

}  // namespace

std::int64_t free_floor(std::int64_t total) {
  return std::min(kFreeFloorBytes, total / 100 * kFreeFloorPercent);
}

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}
File::File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
File& File::operator=(File&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

Result<StoreDir> StoreDir::make(const std::string& given) {
  std::string path = given;
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  const bool made = ::mkdir(path.c_str(), kDirMode) == 0;
  if (!made && errno != EEXIST) return failed("making the state directory", path);
  if (made)
    if (const auto synced = sync_parent(path); !synced) return std::unexpected(synced.error());
  auto directory = existing(path);
  if (!directory) return directory;
  struct stat info{};
  if (::fstat(directory->directory_.get(), &info) != 0) return failed("looking at the state directory", path);
  if ((info.st_mode & kOthersWrite) != 0) {
    return fail(ErrorKind::denied, "others may write to the state directory: chmod go-w it, or give another", path);
  }
  return directory;
}

Result<StoreDir> StoreDir::existing(const std::string& path) {
  auto directory = open_dir(path);
  if (!directory) return std::unexpected(directory.error());
  return StoreDir(path, std::move(*directory));
}

Result<void> StoreDir::lock() {
  const std::string path = file(kLockFile);
  File opened(::openat(directory_.get(), kLockFile, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kFileMode));
  if (opened.get() < 0) return failed("opening the lock file", path);
  if (::flock(opened.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return failed("locking the state directory", path);
    return fail(ErrorKind::conflict, fmt::format("the state directory is in the hands of {}", owner_text(opened.get())),
                path_);
  }
  const std::string pid = fmt::format("{}\n", ::getpid());
  const bool written = ::ftruncate(opened.get(), 0) == 0 &&
                       ::pwrite(opened.get(), pid.data(), pid.size(), 0) == static_cast<ssize_t>(pid.size());
  // The lock is what counts; the number in it is for people. A full disk must not keep the owner from settling.
  if (!written && errno != ENOSPC && errno != EDQUOT) return failed("writing the lock file", path);
  lock_ = std::move(opened);
  return {};
}

bool StoreDir::has(const char* name) const {
  return ::faccessat(directory_.get(), name, F_OK, 0) == 0;
}

Result<void> StoreDir::make_file(const char* name) const {
  constexpr int kFlags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
  const File made(::openat(directory_.get(), name, kFlags, kFileMode));
  if (made.get() < 0) return failed("making the file", file(name));
  return {};
}

Result<void> StoreDir::rename(const char* from, const char* to) const {
  if (::renameat(directory_.get(), from, directory_.get(), to) != 0) return failed("naming the file", file(to));
  if (::fsync(directory_.get()) != 0) return failed("syncing the state directory", path_);
  return {};
}

void StoreDir::remove(const char* name) const {
  ::unlinkat(directory_.get(), name, 0);
}

Result<Space> StoreDir::space() const {
  struct statvfs info{};
  if (::fstatvfs(directory_.get(), &info) != 0) return failed("asking for the free space", path_);
  const auto block = static_cast<std::int64_t>(info.f_frsize);
  return Space{.free = static_cast<std::int64_t>(info.f_bavail) * block,
               .total = static_cast<std::int64_t>(info.f_blocks) * block};
}

void StoreDir::reserve_ballast(std::int64_t bytes, const Space& space) const {
  if (bytes <= 0 || space.free < free_floor(space.total) + bytes) return;
  const File ballast(::openat(directory_.get(), kBallastFile, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kFileMode));
  struct stat info{};
  if (ballast.get() < 0 || ::fstat(ballast.get(), &info) != 0 || info.st_size >= bytes) return;
  // Only where the file system sets blocks aside without writing them: the emulation would take seconds.
  if (::fallocate(ballast.get(), 0, 0, bytes) != 0) ::unlinkat(directory_.get(), kBallastFile, 0);
}

bool StoreDir::free_ballast() const {
  return ::unlinkat(directory_.get(), kBallastFile, 0) == 0;
}

}  // namespace unjam::state
