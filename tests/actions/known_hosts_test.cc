#include "actions/known_hosts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "state/base/digest.h"
#include "state/base/rng.h"
#include "tests/support/sshd.h"

namespace unjam::actions {
namespace {

using testing_support::output_of;
using testing_support::TempDir;
using testing_support::write_file;

// The wire form of a key of this type; what follows the type is never looked into.
std::string wire_key(const std::string& type, char filling) {
  std::string key{'\0', '\0', '\0', static_cast<char>(type.size())};
  return key + type + std::string{'\0', '\0', '\0', ' '} + std::string(32, filling);
}

std::string text_of(const std::string& key) {
  return key_type(key) + " " + base64_encode(key);
}

const std::string kOne = wire_key("ssh-ed25519", 'a');
const std::string kTwo = wire_key("ssh-ed25519", 'b');
const std::string kCurve = wire_key("ecdsa-sha2-nistp256", 'c');

KnownHosts known(const std::string& text) {
  auto parsed = KnownHosts::parse(text, "/etc/known");
  if (!parsed) ADD_FAILURE() << parsed.error().text();
  return parsed ? *std::move(parsed) : *KnownHosts::parse("", "");
}

// "ok", or the message of the refusal.
std::string check(const std::string& text, const std::string& address, const std::string& key,
                  std::uint16_t port = 22) {
  const auto checked = known(text).check(address, port, key);
  if (checked) return "ok";
  EXPECT_EQ(checked.error().kind, ErrorKind::denied);
  return checked.error().message;
}

TEST(KnownHosts, AcceptsThePinnedKeyOnly) {
  const std::string text = "10.0.0.1,hub " + text_of(kOne) + " comment of several words\n";
  EXPECT_EQ(check(text, "10.0.0.1", kOne), "ok");
  EXPECT_EQ(check(text, "HUB", kOne), "ok");
  EXPECT_THAT(check(text, "10.0.0.1", kTwo),
              testing::AllOf(testing::HasSubstr(fingerprint(kOne)), testing::HasSubstr(fingerprint(kTwo)),
                             testing::HasSubstr("/etc/known"), testing::HasSubstr("line 1")));
  EXPECT_THAT(check(text, "10.0.0.2", kOne),
              testing::AllOf(testing::HasSubstr("unknown"), testing::HasSubstr(fingerprint(kOne))));
  EXPECT_THAT(check(text, "10.0.0.1", kCurve), testing::HasSubstr("not the pinned one"));
}

TEST(KnownHosts, TellsPortsApart) {
  const std::string text = "[hub]:2222 " + text_of(kOne) + "\nhub " + text_of(kTwo) + "\n";
  EXPECT_EQ(check(text, "hub", kOne, 2222), "ok");
  EXPECT_EQ(check(text, "hub", kTwo, 22), "ok");
  EXPECT_NE(check(text, "hub", kOne, 22), "ok");
  EXPECT_NE(check(text, "hub", kTwo, 2222), "ok");
  EXPECT_NE(check(text, "hub", kTwo, 2223), "ok");
}

TEST(KnownHosts, ObeysPatternsAndNegation) {
  const std::string text = "*.tokyo.example,!old.tokyo.example,10.0.?.1 " + text_of(kOne) + "\n";
  EXPECT_EQ(check(text, "hub1.tokyo.example", kOne), "ok");
  EXPECT_EQ(check(text, "10.0.7.1", kOne), "ok");
  EXPECT_NE(check(text, "old.tokyo.example", kOne), "ok");
  EXPECT_NE(check(text, "10.0.77.1", kOne), "ok");
  EXPECT_NE(check(text, "tokyo.example", kOne), "ok");
}

TEST(KnownHosts, RefusesARevokedKeyWhereverItStands) {
  for (const std::string& text : {"hub " + text_of(kOne) + "\n@revoked * " + text_of(kOne) + "\n",
                                  "@revoked hub " + text_of(kOne) + "\nhub " + text_of(kOne) + "\n"}) {
    EXPECT_THAT(check(text, "hub", kOne), testing::HasSubstr("revoked"));
  }
  EXPECT_EQ(check("@revoked other " + text_of(kOne) + "\nhub " + text_of(kOne) + "\n", "hub", kOne), "ok");
  EXPECT_EQ(check("@revoked * " + text_of(kTwo) + "\nhub " + text_of(kOne) + "\n", "hub", kOne), "ok");
}

TEST(KnownHosts, NeedsTheOtherTransportForAnAuthority) {
  const std::string authority = "@cert-authority *.example " + text_of(kOne) + "\n";
  EXPECT_THAT(check(authority, "hub.example", kTwo), testing::HasSubstr("transport: openssh"));
  EXPECT_THAT(check(authority, "hub.example", kOne), testing::HasSubstr("transport: openssh"));
  EXPECT_THAT(check(authority, "hub", kTwo), testing::HasSubstr("unknown"));
  EXPECT_EQ(check(authority + "hub.example " + text_of(kTwo) + "\n", "hub.example", kTwo), "ok");
}

TEST(KnownHosts, GivesTheTypesThatArePinned) {
  const std::string text = "hub " + text_of(kCurve) + "\nhub " + text_of(kOne) + "\nhub " + text_of(kTwo) +
                           "\n@revoked hub " + text_of(wire_key("ssh-rsa", 'r')) + "\n";
  EXPECT_THAT(known(text).types("hub", 22), testing::ElementsAre("ecdsa-sha2-nistp256", "ssh-ed25519"));
  EXPECT_TRUE(known(text).types("nub", 22).empty());
}

TEST(KnownHosts, NamesTheLineThatIsMalformed) {
  const std::string good = "hub " + text_of(kOne) + "\n";
  for (const std::string& bad :
       {std::string("hub"), std::string("hub ssh-ed25519"), std::string("hub ssh-ed25519 not*base64"),
        "hub ssh-rsa " + base64_encode(kOne), "@unheard hub " + text_of(kOne), "|1|short|hash " + text_of(kOne),
        std::string("hub 1024 35 1234567890"), "hub ssh-ed25519 " + base64_encode("abc")}) {
    const auto parsed = KnownHosts::parse("# first\n\n" + good + bad + "\n" + good, "/etc/known");
    ASSERT_FALSE(parsed.has_value()) << bad;
    EXPECT_EQ(parsed.error().where, "/etc/known:4") << bad;
    EXPECT_EQ(parsed.error().kind, ErrorKind::denied);
  }
}

TEST(KnownHosts, ReadsLinesWithWindowsEndsAndWithoutALastEnd) {
  EXPECT_EQ(check("\t hub\t" + text_of(kOne) + "\r\n  # c\r\nnub " + text_of(kTwo), "nub", kTwo), "ok");
}

TEST(KnownHosts, DoesNotTakeLongOnEvilPatterns) {
  // given a pattern that makes a backtracking matcher exponential, when matched, then it ends
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "*a";
  EXPECT_NE(check(pattern + "b " + text_of(kOne) + "\n", std::string(200, 'a'), kOne), "ok");
}

TEST(KnownHosts, SaysWhatIsWrongWithItsFile) {
  const auto loaded = load_known_hosts("/nonexistent/known_hosts");
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(loaded.error().kind, ErrorKind::denied);
  EXPECT_EQ(loaded.error().where, "/nonexistent/known_hosts");
}

TEST(KnownHosts, PrintsFingerprintsAsSshKeygenDoes) {
  const TempDir dir;
  output_of({"/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", dir.file("key")});
  const std::string line = testing_support::read_file(dir.file("key.pub"));
  const std::size_t at = line.find(' ') + 1;
  const auto key = base64_decode(line.substr(at, line.find(' ', at) - at));
  ASSERT_TRUE(key.has_value());
  EXPECT_THAT(output_of({"/usr/bin/ssh-keygen", "-l", "-f", dir.file("key.pub")}),
              testing::HasSubstr(fingerprint(*key) + " "));
}

// Lines that `ssh-keygen -F NAME` finds, by number.
std::vector<std::size_t> lines_of_keygen(const std::string& file, const std::string& name) {
  std::istringstream said(output_of({"/bin/sh", "-c", "ssh-keygen -F '" + name + "' -f '" + file + "' || true"}));
  std::vector<std::size_t> found;
  for (std::string line; std::getline(said, line);) {
    const std::size_t at = line.find(" found: line ");
    if (at != std::string::npos) found.push_back(static_cast<std::size_t>(std::stoul(line.substr(at + 13))));
  }
  return found;
}

TEST(KnownHosts, FindsTheLinesThatSshKeygenFinds) {
  // given files of generated lines, plain and hashed, when names are looked up, then both find the same lines
  Rng chance(20240817);  // a fixed seed: the same files each time
  const auto pick = [&](const std::vector<std::string>& words) { return words[chance.below(words.size())]; };
  const std::vector<std::string> names{"hub1",       "hub2", "hub1.tokyo.example", "10.77.1.21", "[10.77.1.21]:2222",
                                       "[hub1]:2222"};
  const std::vector<std::string> patterns{"hub*", "*.example", "!hub2", "10.77.?.21",      "*",
                                          "hub?", "[hub1]:*",  "HUB1",  "!*.tokyo.example"};
  const TempDir dir;
  std::size_t compared = 0;
  for (int round = 0; round < 12; ++round) {
    std::string text;
    for (int line = 0; line < 8; ++line) {
      std::string hosts = pick(names);
      for (std::uint64_t more = chance.below(3); more > 0; --more)
        hosts += "," + pick(chance.below(2) == 0 ? names : patterns);
      const std::string marker = chance.below(6) == 0 ? "@revoked " : chance.below(8) == 0 ? "@cert-authority " : "";
      text += marker + hosts + " " + text_of(chance.below(2) == 0 ? kOne : kCurve) + "\n";
      if (chance.below(5) == 0) text += "# a comment\n\n";
    }
    const std::string file = dir.file("known" + std::to_string(round));
    // The keys must be real ones for ssh-keygen, which reads them.
    std::string real = text;
    static const std::string kReal = [] {
      const TempDir keys;
      output_of({"/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", keys.file("k")});
      std::string line = testing_support::read_file(keys.file("k.pub"));
      while (line.ends_with('\n') || line.ends_with(' ')) line.pop_back();
      return line;
    }();
    for (const std::string& made : {text_of(kOne), text_of(kCurve)}) {
      for (std::size_t at = real.find(made); at != std::string::npos; at = real.find(made, at + kReal.size())) {
        real.replace(at, made.size(), kReal);
      }
    }
    write_file(file, real);
    if (round % 3 == 2) output_of({"/bin/sh", "-c", "ssh-keygen -H -f '" + file + "' >/dev/null 2>&1"});
    const KnownHosts mine = known(testing_support::read_file(file));
    for (const std::string& name : names) {
      const bool bracketed = name.starts_with('[');
      const std::string address = bracketed ? name.substr(1, name.find(']') - 1) : name;
      EXPECT_EQ(mine.lines(address, bracketed ? 2222 : 22), lines_of_keygen(file, name)) << name << " in\n" << real;
      ++compared;
    }
  }
  EXPECT_EQ(compared, 72u);
}

}  // namespace
}  // namespace unjam::actions
