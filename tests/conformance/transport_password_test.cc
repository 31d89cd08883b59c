// Passwords, against a real sshd that alone sees one. Needs root, for a mount namespace; skipped by name elsewhere.
#include <unistd.h>

#include "tests/conformance/transport_harness.h"

namespace unjam::actions {
namespace {

using testing_support::write_file;

struct Way {
  const char* kind;
  bool by_pam;
};

class EveryPassword : public testing::TestWithParam<Way> {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "a password of our own needs root and a mount namespace";
    std::string why;
    sshd_ = Sshd::start_with_password(why, "correct horse", GetParam().by_pam);
    if (sshd_ == nullptr) GTEST_SKIP() << "no mount namespace here: " << why;
    connection_ = connection_to(GetParam().kind, *sshd_, sshd_->port());
    connection_.key.reset();
    connection_.password = SecretFile{dir_.file("it's secret")};  // the name is quoted for a shell somewhere
  }

  TempDir dir_;
  std::unique_ptr<Sshd> sshd_;
  Rig rig_{GetParam().kind};
  Connection connection_;
};

TEST_P(EveryPassword, OpensTheDoor) {
  write_file(dir_.file("it's secret"), "correct horse\n");
  EXPECT_EQ(answer_of(rig_.call(loopback_host(), connection_, sh(answering("in")))), "in") << sshd_->log();
}

TEST_P(EveryPassword, IsDeniedIfItIsWrongAndNeverShown) {
  write_file(dir_.file("it's secret"), "battery staple\n");
  const auto reply = rig_.call(loopback_host(), connection_, sh(answering("never")));
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().kind, ErrorKind::denied) << spell(reply);
  EXPECT_EQ(reply.error().text().find("battery"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Transports, EveryPassword,
                         testing::Values(Way{"ssh", false}, Way{"ssh", true}, Way{"openssh", false},
                                         Way{"openssh", true}),
                         [](const auto& instance) {
                           return std::string(instance.param.kind) +
                                  (instance.param.by_pam ? "_keyboard_interactive" : "_password");
                         });

}  // namespace
}  // namespace unjam::actions
