#include "apps/bypuls/duties.h"

#include <array>

#include <gmock/gmock.h>

namespace bypuls::apps {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using State = pages::HealthCheck::State;

TEST(Duties, WhatTheLawAsksForAndNobodyHasSaidIsAWarning) {
    Settings settings;
    const auto open = duties_of(settings);
    EXPECT_THAT(open, ElementsAre(Field(&pages::HealthCheck::why, "no_accessibility_statement"),
                                  Field(&pages::HealthCheck::why, "no_privacy_contact")));
    for (const auto& check : open) {
        EXPECT_EQ(check.state, State::warning);
        for (const auto language : {words::Language::nb, words::Language::nn, words::Language::en}) {
            const words::Words say(words::Catalogue::built_in(), language);
            EXPECT_FALSE(say.lookup("health.why_" + check.why).starts_with('[')) << "it says what to do";
            EXPECT_FALSE(say.lookup("health.part_" + check.name).starts_with('['));
        }
    }
    settings.accessibility_statement = "https://uustatus.no/nb/erklaringer/publisert/1";
    EXPECT_THAT(duties_of(settings), ElementsAre(Field(&pages::HealthCheck::name, "privacy")));
    settings.privacy_contact = "mailto:personvernombud@drammen.kommune.no";
    EXPECT_THAT(duties_of(settings), IsEmpty());
}

TEST(Duties, ADemonstrationHasNone) {
    Settings settings;
    settings.demonstration = true;
    EXPECT_THAT(duties_of(settings), IsEmpty()) << "its health page has no warning that nobody is to mend";
}

}  // namespace
}  // namespace bypuls::apps
