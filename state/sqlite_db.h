// The only door to SQLite: a connection and its statements, closed and finalised by themselves. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "state/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace unjam::state {

// ErrorKinds of this wrapper: corrupt (damaged, or no database), denied (permission, read-only), conflict (another
// program holds it), exhausted (no space left on disk), io (everything else).
Error sqlite_error(sqlite3* db, const std::string& doing);

class Statement {
 public:
  Statement() = default;

  Statement& bind(int index, std::int64_t value);  // from 1; a failed bind shows in step()
  Statement& bind(int index, std::string_view value);
  Statement& bind_null(int index);

  Result<bool> step();    // whether there is a row
  Result<void> run();     // for what gives no rows; resets
  void reset() noexcept;  // forgets the rows, keeps nothing bound

  std::int64_t number(int column) const;  // from 0
  std::string text(int column) const;
  bool null(int column) const;

 private:
  friend class Database;
  struct Close {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  std::unique_ptr<sqlite3_stmt, Close> statement_;
  bool failed_ = false;
};

// Resets a statement when its rows are no longer wanted, on every path.
class Rows {
 public:
  explicit Rows(Statement& statement) : statement_(statement) {}
  ~Rows() { statement_.reset(); }
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

 private:
  Statement& statement_;
};

inline constexpr int kCheckpointPages = 1'000;

class Database {
 public:
  // `vfs` names one that was registered with SQLite; empty: the default.
  static Result<Database> open(const std::string& path, bool writable, const std::string& vfs);

  Result<void> exec(const std::string& sql) const;
  Result<Statement> prepare(std::string_view sql) const;
  Result<std::int64_t> number(std::string_view sql) const;  // of the one row that it gives
  Result<std::string> text(std::string_view sql) const;
  bool in_transaction() const;

  // Copies the write-ahead log into the database once it has kCheckpointPages; SQLite's own checkpoint would keep its
  // errors to itself, and a sync that failed there is as bad as any. Readers only put it off.
  Result<void> checkpoint_if_due() const;

 private:
  struct Close {
    void operator()(sqlite3* db) const noexcept;
  };
  std::unique_ptr<int> log_pages_ =
      std::make_unique<int>(0);  // of the write-ahead log; SQLite writes it at each commit
  std::unique_ptr<sqlite3, Close> db_;
};

}  // namespace unjam::state
