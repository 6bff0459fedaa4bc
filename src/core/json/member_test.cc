#include "core/json/member.h"

#include <gmock/gmock.h>

namespace bypuls::json {
namespace {

TEST(JsonMember, IsWhatTheObjectSays) {
    EXPECT_EQ(integer_member(R"({"interval_s":600})", "interval_s"), 600);
    EXPECT_EQ(text_member(R"({"water":"coastal"})", "water"), "coastal");
}

TEST(JsonMember, IsNothingWhenItIsNotThereOrOfAnotherType) {
    for (const std::string_view object : {"", "[]", "7", R"({"a":)", R"({"b":1})", R"({"a":"1"})", R"({"a":1.5})",
                                          R"({"a":18446744073709551615})", R"({"a":null})", "{\"a\":\"\xff\"}"}) {
        EXPECT_EQ(integer_member(object, "a"), std::nullopt) << object;
    }
    EXPECT_EQ(text_member(R"({"a":1})", "a"), std::nullopt);
}

}  // namespace
}  // namespace bypuls::json
