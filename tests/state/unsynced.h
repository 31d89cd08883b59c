// What a file has been told since its last sync, so that a power cut can take it away again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace unjam::state {

// What is left of the writes since the last sync. Disks keep them in any order and any part of them.
enum class Cut {
  all,     // nothing of them
  prefix,  // the first ones, the last of these torn
  subset   // any, each whole or torn
};
inline constexpr const char* kCutWords[] = {"all of it lost", "the end of it lost", "parts of it lost"};

class Unsynced {
 public:
  // Before `bytes` are written at `at`; what stands there now is remembered. ErrorKinds: none; a file that cannot be
  // read is taken for empty.
  void before_write(const std::string& path, const char* bytes, std::int64_t size, std::int64_t at);
  void before_truncate(const std::string& path, std::int64_t size);
  void synced() { writes_.clear(); }
  bool empty() const { return writes_.empty(); }

  // The file as it was at the last sync, with what `cut` leaves, drawn from `seed`.
  void lose(const std::string& path, Cut cut, std::uint64_t seed);

 private:
  struct Write {
    std::int64_t at = 0;
    std::string now;     // what was written; empty: it was cut off at `at`
    std::string before;  // what stood there, to the end of the file if it was cut off
    std::int64_t size_before = 0;
  };
  std::vector<Write> writes_;
};

}  // namespace unjam::state
