// A state directory as files: who owns it, what is reserved on its disk. No database here.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "state/base/result.h"

namespace unjam::state {

// Kept aside so that the events which end what is under way can still be written when the disk is full.
inline constexpr std::int64_t kBallastBytes = 64 << 20;
// No new effect and no new run below this much free space, or this part of the file system if that is less.
inline constexpr std::int64_t kFreeFloorBytes = 512 << 20;
inline constexpr std::int64_t kFreeFloorPercent = 5;

struct Space {
  std::int64_t free = 0;
  std::int64_t total = 0;
};

// Free space that must be left on a file system of this size.
std::int64_t free_floor(std::int64_t total);

// A descriptor, closed by itself.
class File {
 public:
  explicit File(int descriptor = -1) : descriptor_(descriptor) {}
  ~File();
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

class StoreDir {
 public:
  // Makes the directory (mode 0700) if it is not there. ErrorKind::denied: no permission, or others may write to it;
  // ErrorKind::io.
  static Result<StoreDir> make(const std::string& path);
  // ErrorKind::not_found, denied, io.
  static Result<StoreDir> existing(const std::string& path);

  const std::string& path() const { return path_; }
  std::string file(const char* name) const { return path_ + "/" + name; }

  // Becomes the owner until destruction (flock on DIR/lock). ErrorKind::conflict names the process that is.
  Result<void> lock();

  bool has(const char* name) const;
  Result<void> make_file(const char* name) const;               // empty, mode 0600; must not be there yet
  Result<void> rename(const char* from, const char* to) const;  // durable when it returns
  void remove(const char* name) const;                          // if it is there
  Result<Space> space() const;

  // Best effort: without it a full disk is met earlier, not worse.
  void reserve_ballast(std::int64_t bytes, const Space& space) const;
  bool free_ballast() const;  // whether there was any

 private:
  StoreDir(std::string path, File directory) : path_(std::move(path)), directory_(std::move(directory)) {}

  std::string path_;
  File directory_;
  File lock_;
};

}  // namespace unjam::state
