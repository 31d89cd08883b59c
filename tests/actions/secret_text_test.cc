#include "actions/secret_text.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "actions/session_memory.h"
#include "tests/support/sshd.h"

namespace unjam::actions {
namespace {

using testing_support::output_of;
using testing_support::TempDir;
using testing_support::write_file;

TEST(SecretText, IsReadFromAFileThatOnlyItsOwnerCanRead) {
  const TempDir dir;
  write_file(dir.file("s"), "hunter2\n", 0600);
  EXPECT_EQ(read_secret({dir.file("s")})->view(), "hunter2\n");
  EXPECT_EQ(read_password({dir.file("s")})->view(), "hunter2");
  for (const unsigned mode : {0640u, 0604u, 0620u, 0611u}) {
    write_file(dir.file("s"), "hunter2\n", mode);
    const auto secret = read_secret({dir.file("s")});
    ASSERT_FALSE(secret.has_value()) << mode;
    EXPECT_EQ(secret.error().kind, ErrorKind::denied);
    EXPECT_EQ(secret.error().text().find("hunter2"), std::string::npos);
  }
}

TEST(SecretText, RefusesWhatIsNoPlainFileOfOneLine) {
  const TempDir dir;
  EXPECT_FALSE(read_secret({dir.path()}).has_value());
  EXPECT_FALSE(read_secret({dir.file("missing")}).has_value());
  output_of({"/usr/bin/mkfifo", "-m", "600", dir.file("pipe")});
  EXPECT_FALSE(read_secret({dir.file("pipe")}).has_value());  // and does not wait for a writer
  write_file(dir.file("large"), std::string(kMaxSecretBytes + 1, 'x'));
  EXPECT_FALSE(read_secret({dir.file("large")}).has_value());
  for (const char* text : {"", "\n", "two\nlines\n"}) {
    write_file(dir.file("s"), text);
    EXPECT_FALSE(read_password({dir.file("s")}).has_value()) << text;
  }
}

TEST(SecretText, TellsTheTypeOfAPrivateKey) {
  const TempDir dir;
  const auto type_of = [&](const std::string& kind, const std::string& passphrase, bool& encrypted) {
    const std::string path = dir.file(kind + passphrase);
    output_of({"/usr/bin/ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-f", path});
    return private_key_type(read_secret({path})->view(), encrypted);
  };
  bool encrypted = true;
  EXPECT_EQ(type_of("ed25519", "", encrypted), "ssh-ed25519");
  EXPECT_FALSE(encrypted);
  EXPECT_EQ(type_of("ecdsa", "", encrypted), "ecdsa-sha2-nistp256");
  EXPECT_EQ(type_of("rsa", "", encrypted), "ssh-rsa");
  EXPECT_EQ(type_of("ed25519", "sesame", encrypted), "ssh-ed25519");
  EXPECT_TRUE(encrypted);
  EXPECT_EQ(private_key_type("no key at all", encrypted), "");
}

TEST(SessionMemory, GivesZeroedBlocksUpToItsLimit) {
  SessionMemory memory;
  auto* block = static_cast<unsigned char*>(memory.take(1000));
  ASSERT_NE(block, nullptr);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(block[i], 0);
  EXPECT_EQ(memory.take(kMaxSessionMemory), nullptr);
  EXPECT_EQ(memory.take(0xfffffff1u), nullptr);
  EXPECT_EQ(memory.take(SIZE_MAX), nullptr);
  memory.give_back(block);
  EXPECT_EQ(memory.used(), 0u);
  memory.give_back(nullptr);
}

TEST(SessionMemory, KeepsContentWhenABlockGrowsAndFreesWhatIsLeft) {
  SessionMemory memory;
  auto* block = static_cast<char*>(memory.take_again(nullptr, 4));
  std::copy_n("abcd", 4, block);
  block = static_cast<char*>(memory.take_again(block, 4000));
  EXPECT_EQ(std::string(block, 4), "abcd");
  block = static_cast<char*>(memory.take_again(block, 2));
  EXPECT_EQ(std::string(block, 2), "ab");
  memory.take(10);  // never given back: the leak check of the whole test program would see it
}

}  // namespace
}  // namespace unjam::actions
