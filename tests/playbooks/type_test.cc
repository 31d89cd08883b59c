#include "playbooks/type.h"

#include <gtest/gtest.h>

namespace unjam::playbooks {
namespace {

// Given types; when they are shown; then as a person writes them.
TEST(Type, SpellsAsPeopleWrite) {
  EXPECT_EQ(spell(*types::set_of(types::host())), "set<host>");
  EXPECT_EQ(spell(*types::map_of(types::host(), types::duration())), "map<host, duration>");
  EXPECT_EQ(spell(*types::list_of(types::text())), "list<text>");
  EXPECT_EQ(spell(*types::enumeration("", {"none", "auth", "tls"})), "enum none|auth|tls");
  EXPECT_EQ(spell(*types::enumeration("role", {"dc"})), "role");
  EXPECT_EQ(spell(*types::record("link", {})), "link");
  EXPECT_EQ(spell(*types::record("", {{"a", types::real()}, {"b", types::secret()}})), "{ a: double, b: secret }");
}

// Given types; when they are compared; then by structure, whatever their hosts lie in.
TEST(Type, ComparesByStructure) {
  EXPECT_TRUE(same(*types::host({"hubs"}), *types::host()));
  EXPECT_TRUE(same(*types::set_of(types::host(), {"a"}), *types::set_of(types::host(), {"b"})));
  EXPECT_FALSE(same(*types::set_of(types::host()), *types::set_of(types::site())));
  EXPECT_FALSE(same(*types::set_of(types::host()), *types::list_of(types::host())));
  EXPECT_TRUE(same(*types::site({"tokyo"}), *types::site()));
  EXPECT_TRUE(same(*types::enumeration("role", {"dc"}), *types::enumeration("role", {})));
  EXPECT_FALSE(same(*types::enumeration("", {"a"}), *types::enumeration("", {"b"})));
  EXPECT_FALSE(same(*types::enumeration("", {"a"}), *types::enumeration("", {})));
  EXPECT_TRUE(same(*types::record("r", {{"a", types::text()}}), *types::record("r", {{"a", types::text()}})));
  EXPECT_FALSE(same(*types::record("r", {{"a", types::text()}}), *types::record("r", {{"a", types::integer()}})));
  EXPECT_FALSE(same(*types::integer(), *types::real()));
}

// Given a record; when a field is asked; then its type, or none.
TEST(Type, FindsFields) {
  const TypePtr record = types::record("r", {{"a", types::text()}});
  ASSERT_NE(record->field("a"), nullptr);
  EXPECT_EQ((*record->field("a"))->kind, Type::Kind::text);
  EXPECT_EQ(record->field("b"), nullptr);
}

}  // namespace
}  // namespace unjam::playbooks
