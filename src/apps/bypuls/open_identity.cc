#include "apps/bypuls/open_identity.h"

#include <iostream>

#include <fmt/format.h>

#include "apps/bypuls/data_folder.h"
#include "platform/database/migrations.h"

namespace bypuls::apps {
namespace {

Result<std::unique_ptr<OpenIdentity>> open(const Settings& settings) {
    auto opened = std::make_unique<OpenIdentity>();
    TRY(opened->database, database::Database::open({.url = settings.registry_url()}));
    TRY_DO(database::migrate(*opened->database, {identity::identity_component()}, opened->clock));
    opened->store = identity::make_relational_store(*opened->database);
    opened->identity = std::make_unique<identity::Identity>(*opened->store, opened->clock, opened->random);
    return opened;
}

}  // namespace

Result<std::unique_ptr<OpenIdentity>> open_identity(const Settings& settings) {
    TRY_DO(check_holds_keys(settings.data));
    return open(settings);
}

Result<std::unique_ptr<OpenIdentity>> make_identity(const Settings& settings) {
    TRY(const bool was_there, is_there(settings.internal_folder()));
    if (!was_there) {
        std::cerr << fmt::format("{} holds no town yet: it is made now\n", settings.data);
    }
    TRY_DO(make_internal_folder(settings.internal_folder()));
    return open(settings);
}

}  // namespace bypuls::apps
