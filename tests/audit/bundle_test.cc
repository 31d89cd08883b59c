// Bundles: whole they verify without the store, and every file of theirs that is touched is named.
#include "orchestrator/audit/bundle.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "orchestrator/audit/heads.h"
#include "state/memory_store.h"
#include "tests/rehearsal/rehearsal_run.h"
#include "tests/state/temp_dir.h"

namespace unjam::audit {
namespace {

namespace fs = std::filesystem;

class FixedTokens final : public Tokens {
 public:
  std::string hex(std::size_t bytes) override { return std::string(bytes * 2, 'a'); }
};

class Bundle : public testing::Test {
 protected:
  // One rolling reboot, held up by another run of the same owner.
  void SetUp() override {
    FixedTokens tokens;
    journal_ = state::make_memory_journal(tokens);
    auto scenario = rehearsal::calm();
    rehearsal::Mishap held;
    held.kind = rehearsal::MishapKind::slot_held;
    held.host = "tyohub1";
    held.lasts = Millis{600'000};
    scenario.mishaps = {held};
    rehearsal::Setting setting;
    setting.store = [this](state::Access access) { return state::open_memory_store(journal_, access); };
    const auto evidence = rehearsal::rehearse(rehearsal::rolling(), scenario, setting);
    ASSERT_TRUE(evidence.finished()) << rehearsal::trace(evidence);
    run_ = evidence.run.id;
    store_ = *state::open_memory_store(journal_, state::Access::read);
  }

  std::string folder() const { return dir_.path() + "/evidence"; }

  Verified exported() {
    auto done = export_bundle(*store_, run_, folder());
    EXPECT_TRUE(done) << done.error().text();
    return done.value_or(Verified{});
  }

  TempDir dir_;
  std::shared_ptr<state::MemoryJournal> journal_;
  std::unique_ptr<state::Store> store_;
  RunId run_;
};

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

TEST_F(Bundle, VerifiesByItself) {
  const auto done = exported();
  EXPECT_FALSE(done.replayed.first);
  EXPECT_EQ(fs::status(folder()).permissions(), fs::perms::owner_all);
  const auto verified = verify_bundle(folder());
  ASSERT_TRUE(verified) << verified.error().text();
  EXPECT_FALSE(verified->replayed.first) << verified->replayed.first->recorded;
  EXPECT_EQ(verified->head, done.head);
  EXPECT_EQ(verified->replayed.decisions, done.replayed.decisions);
  EXPECT_GT(verified->replayed.decisions, 50);
  EXPECT_GT(text_of(fs::path(folder()) / "others.jsonl").size(), 0u);
}

// Given any file of the bundle, when a byte of it is changed or it is gone, then verifying names a file and fails.
TEST_F(Bundle, NamesWhatWasTouched) {
  exported();
  for (const auto& at : fs::recursive_directory_iterator(folder())) {
    if (!at.is_regular_file() || at.path().filename() == "others.jsonl") continue;
    const auto text = text_of(at.path());
    const bool pack = at.path().string().find("/packs/") != std::string::npos;
    // A pack counts as far as the run could use it, and a comment in its YAML does not: so a script, in its middle.
    if (pack && at.path().extension() != ".sh") continue;
    auto touched = text;
    touched[touched.size() / 2] = touched[touched.size() / 2] == 'x' ? 'y' : 'x';
    write(at.path(), touched);
    const auto verified = verify_bundle(folder());
    const bool used = !pack || at.path().string().find("hub-drain.sh") != std::string::npos;
    if (used) {
      ASSERT_FALSE(verified) << at.path();
      EXPECT_FALSE(verified.error().where.empty()) << verified.error().message;
    }
    fs::remove(at.path());
    if (used) {
      EXPECT_FALSE(verify_bundle(folder())) << at.path();
    }
    write(at.path(), text);
  }
  EXPECT_TRUE(verify_bundle(folder()));
}

// What others held decides too: without it, the gate that their slot kept shut does not follow from the rules.
TEST_F(Bundle, NeedsWhatOthersHeld) {
  exported();
  write(fs::path(folder()) / "others.jsonl", "");
  const auto verified = verify_bundle(folder());
  ASSERT_TRUE(verified) << verified.error().text();
  ASSERT_TRUE(verified->replayed.first);
}

TEST_F(Bundle, GetsAFolderOfItsOwn) {
  exported();
  const auto again = export_bundle(*store_, run_, folder());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::conflict);
  EXPECT_FALSE(verify_bundle(dir_.path()));
  EXPECT_FALSE(export_bundle(*store_, RunId("r-none"), dir_.path() + "/other"));
}

// Given a list of heads, when a run goes on, it still fits; when the store is another or a run is gone or cut, it does
// not.
TEST_F(Bundle, HeadsShowWhatWasCutOff) {
  const auto all = heads(*store_);
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 2u);
  auto list = read_heads(heads_text(store_->id(), *all));
  ASSERT_TRUE(list) << list.error().text();
  EXPECT_THAT(*changed_since(*store_, *list), testing::IsEmpty());

  auto shorter = *list;
  auto events = *store_->load(shorter.heads.front().run);
  events.resize(10);
  shorter.heads.front() = {shorter.heads.front().run, 10, chain_of(store_->id(), shorter.heads.front().run, events)};
  EXPECT_THAT(*changed_since(*store_, shorter), testing::IsEmpty());

  auto longer = *list;
  longer.heads.front().events += 1;
  EXPECT_THAT(*changed_since(*store_, longer), testing::ElementsAre(testing::HasSubstr("it had")));
  auto other = *list;
  other.heads.front().hash[0] = other.heads.front().hash[0] == '0' ? '1' : '0';
  EXPECT_THAT(*changed_since(*store_, other), testing::ElementsAre(testing::HasSubstr("not what they were")));
  auto gone = *list;
  gone.heads.push_back({RunId("r-gone"), 3, ""});
  EXPECT_THAT(*changed_since(*store_, gone), testing::ElementsAre(testing::HasSubstr("is gone")));
  EXPECT_FALSE(read_heads("[]"));
  EXPECT_FALSE(read_heads("{"));
}

}  // namespace
}  // namespace unjam::audit
