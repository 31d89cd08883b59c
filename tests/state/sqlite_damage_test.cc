// What the store says of a journal that is not what it wrote.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "state/sqlite_store.h"
#include "tests/state/journal_script.h"
#include "tests/state/temp_dir.h"

namespace unjam::state {
namespace {

const RunId kRun{"r-1"};

Result<std::unique_ptr<Store>> open_in(const std::string& dir, Access access) {
  CountingTokens tokens;
  return open_sqlite_store(dir, access, tokens, {.ballast_bytes = 0});
}

// A second hand on the file, as somebody with an editor has it.
class Raw {
 public:
  explicit Raw(const std::string& dir) { sqlite3_open((dir + "/journal.db").c_str(), &db_); }
  ~Raw() { sqlite3_close(db_); }
  Raw(const Raw&) = delete;
  Raw& operator=(const Raw&) = delete;

  void exec(const std::string& sql) {
    char* error = nullptr;
    EXPECT_EQ(sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, &error), SQLITE_OK) << error << ": " << sql;
    sqlite3_free(error);
  }
  std::string text(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr);
    std::string found;
    if (sqlite3_step(statement) == SQLITE_ROW) {
      found.assign(reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)),
                   static_cast<std::size_t>(sqlite3_column_bytes(statement, 0)));
    }
    sqlite3_finalize(statement);
    return found;
  }
  void set(const std::string& sql, const std::string& value) {
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr);
    sqlite3_bind_text(statement, 1, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT);
    EXPECT_EQ(sqlite3_step(statement), SQLITE_DONE) << sqlite3_errmsg(db_);
    sqlite3_finalize(statement);
  }

 private:
  sqlite3* db_ = nullptr;
};

class SqliteDamage : public testing::Test {
 protected:
  void SetUp() override {
    const auto store = open_in(state, Access::write);
    ASSERT_TRUE(store) << store.error().text();
    ASSERT_TRUE((*store)->append(kRun, 0, now_at(1), {created(), StepStarted{.path = "s"}}));
    ASSERT_TRUE((*store)->append(kRun, 2, now_at(2), {Looked{.path = "s", .verdict = "true"}}));
    ASSERT_TRUE((*store)->append(RunId("r-2"), 0, now_at(3), {created()}));
  }

  // What reading the run says now; it must be corrupt.
  std::string complaint() {
    const auto store = open_in(state, Access::read);
    EXPECT_TRUE(store) << store.error().text();
    const auto events = (*store)->load(kRun);
    EXPECT_FALSE(events) << "damage was not seen";
    if (events) return {};
    EXPECT_EQ(events.error().kind, ErrorKind::corrupt) << events.error().text();
    return events.error().text();
  }

  TempDir dir;
  const std::string state = dir.file("state");
};

TEST_F(SqliteDamage, IsSeenInEveryBitOfEveryTextOfAnEvent) {
  // given each bit of body, kind and hash of each event turned in turn, when loaded, then it is corrupt and says where
  const auto store = open_in(state, Access::read);
  ASSERT_TRUE(store);
  Raw raw(state);
  for (const int seq : {2, 3}) {
    const std::string where = " WHERE run = 1 AND seq = " + std::to_string(seq);
    for (const std::string column : {"body", "kind", "hash"}) {
      const std::string sound = raw.text("SELECT " + column + " FROM events" + where);
      ASSERT_FALSE(sound.empty());
      for (std::size_t bit = 0; bit < sound.size() * 8; ++bit) {
        std::string turned = sound;
        turned[bit / 8] = static_cast<char>(turned[bit / 8] ^ (1 << (bit % 8)));
        raw.set("UPDATE events SET " + column + " = ?1" + where, turned);
        const auto events = (*store)->load(kRun);
        ASSERT_FALSE(events) << column << " bit " << bit;
        EXPECT_EQ(events.error().kind, ErrorKind::corrupt);
        EXPECT_EQ(events.error().where, "run r-1, event " + std::to_string(seq));
      }
      raw.set("UPDATE events SET " + column + " = ?1" + where, sound);
    }
  }
  EXPECT_TRUE((*store)->load(kRun)) << "and is whole again when every bit is back";
}

TEST_F(SqliteDamage, IsSeenInEveryBitOfEveryNumberOfAnEvent) {
  const auto store = open_in(state, Access::read);
  ASSERT_TRUE(store);
  Raw raw(state);
  for (const std::string column : {"wall_ms", "mono_ms", "seq"}) {
    const std::string where = " WHERE rowid = 2";
    const std::int64_t sound = std::stoll(raw.text("SELECT " + column + " FROM events" + where));
    for (int bit = 2; bit < 63; ++bit) {
      raw.exec("UPDATE events SET " + column + " = " + std::to_string(sound ^ (std::int64_t{1} << bit)) + where);
      const auto events = (*store)->load(kRun);
      ASSERT_FALSE(events) << column << " bit " << bit;
      EXPECT_EQ(events.error().kind, ErrorKind::corrupt);
    }
    raw.exec("UPDATE events SET " + column + " = " + std::to_string(sound) + where);
  }
  EXPECT_TRUE((*store)->load(kRun));
}

TEST_F(SqliteDamage, IsSeenWhenEventsAreCutSwappedAddedOrMoved) {
  const auto harm = [&](const std::string& sql) {
    Raw(state).exec("SAVEPOINT harm; RELEASE harm");
    const std::string copy = dir.file("copy");
    std::filesystem::remove_all(copy);
    std::filesystem::copy(state, copy);
    Raw(state).exec(sql);
    std::string said = complaint();
    std::filesystem::remove_all(state);
    std::filesystem::rename(copy, state);
    return said;
  };
  EXPECT_NE(harm("DELETE FROM events WHERE run = 1 AND seq = 3").find("event 3 was written"), std::string::npos);
  EXPECT_NE(harm("DELETE FROM events WHERE run = 1 AND seq = 2").find("event 2: is missing"), std::string::npos);
  harm("DELETE FROM events WHERE run = 1");
  harm(
      "UPDATE events SET seq = 9 WHERE run = 1 AND seq = 2; UPDATE events SET seq = 2 WHERE run = 1 AND seq = 3;"
      "UPDATE events SET seq = 3 WHERE run = 1 AND seq = 9");
  harm("INSERT INTO events SELECT run, 4, kind, wall_ms, mono_ms, body, hash FROM events WHERE run = 1 AND seq = 3");
  harm(
      "DELETE FROM events WHERE run = 1 AND seq = 1;"
      "INSERT INTO events SELECT 1, seq, kind, wall_ms, mono_ms, body, hash FROM events WHERE run = 2");
  harm("UPDATE runs SET head_seq = 2 WHERE num = 1");
  harm("UPDATE runs SET head_hash = 'x' WHERE num = 1");
  harm("UPDATE meta SET value = 's-other' WHERE key = 'store'");
}

TEST_F(SqliteDamage, OfANewerJournalIsCalledNewer) {
  {
    Raw raw(state);
    raw.exec("PRAGMA user_version = 2");
  }
  for (const Access access : {Access::read, Access::write}) {
    const auto store = open_in(state, access);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().kind, ErrorKind::corrupt);
    EXPECT_NE(store.error().message.find("made by a newer Unjam"), std::string::npos) << store.error().text();
  }
}

TEST_F(SqliteDamage, OfAnotherProgramsDatabaseIsRefusedUntouched) {
  const std::string other = dir.file("other");
  std::filesystem::create_directory(other);
  Raw(other).exec("CREATE TABLE t(x)");
  const auto store = open_in(other, Access::write);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, ErrorKind::corrupt);
  EXPECT_NE(store.error().message.find("not a journal of Unjam"), std::string::npos);
  EXPECT_EQ(Raw(other).text("SELECT count(*) FROM sqlite_schema"), "1");
}

std::string bytes_of(const std::string& path) {
  std::ostringstream all;
  all << std::ifstream(path, std::ios::binary).rdbuf();
  return all.str();
}
void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// Whether opening or reading says that the file is no sound journal.
bool seen(const std::string& state) {
  const auto store = open_in(state, Access::write);
  if (!store) return store.error().kind == ErrorKind::corrupt || store.error().kind == ErrorKind::io;
  const auto events = (*store)->load(kRun);
  return !events && events.error().kind != ErrorKind::not_found;
}

TEST_F(SqliteDamage, OfAFileCutShortOrOverwrittenIsSeen) {
  // given the file cut at many places, emptied, or filled with something else, when opened, then it is no journal
  const std::string file = state + "/journal.db";
  const std::string sound = bytes_of(file);
  ASSERT_GT(sound.size(), 8192u);
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{99}, std::size_t{512}, std::size_t{4096},
                                 sound.size() / 2, sound.size() - 4096}) {
    write_bytes(file, sound.substr(0, size));
    EXPECT_TRUE(seen(state)) << size;
  }
  write_bytes(file, std::string(8192, 'x'));
  EXPECT_TRUE(seen(state));
  write_bytes(file, sound);
  EXPECT_FALSE(seen(state));
}

TEST_F(SqliteDamage, ByOneTurnedBitAnywhereIsSeenOrHarmless) {
  // given one bit turned in every so many bytes of the file, when read, then the run is as written or there is an error
  const std::string file = state + "/journal.db";
  const std::string sound = bytes_of(file);
  const auto read = [&]() -> std::optional<std::string> {
    const auto store = open_in(state, Access::read);
    if (!store) return std::nullopt;
    const auto events = (*store)->load(kRun);
    if (!events) return std::nullopt;
    std::string all;
    for (const Event& event : *events) all += encode(event.body);
    return all;
  };
  const auto whole = read();
  ASSERT_TRUE(whole);
  constexpr std::size_t kStride = 37;
  int noticed = 0;
  for (std::size_t i = 0; i < sound.size(); i += kStride) {
    std::string turned = sound;
    turned[i] = static_cast<char>(turned[i] ^ (1 << (i % 8)));
    write_bytes(file, turned);
    const auto now = read();
    if (!now) {
      ++noticed;
    } else {
      EXPECT_EQ(*now, *whole) << "byte " << i;
    }
  }
  EXPECT_GT(noticed, 10);
}

TEST_F(SqliteDamage, IsLookedForAfterAnOwnerThatDidNotClose) {
  // given a file damaged where no run is read, when the last owner had closed it, it opens; when not, it is checked
  const std::string file = state + "/journal.db";
  {
    Raw raw(state);
    raw.exec(
        "PRAGMA writable_schema = 1; PRAGMA journal_mode = DELETE;"
        "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'effects') "
        "WHERE name = 'effects_by_run'");
  }
  EXPECT_TRUE(open_in(state, Access::write));
  Raw(state).exec("UPDATE meta SET value = 0 WHERE key = 'closed'");
  const auto store = open_in(state, Access::write);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, ErrorKind::corrupt) << store.error().text();
}

}  // namespace
}  // namespace unjam::state
