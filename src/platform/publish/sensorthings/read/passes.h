#pragma once

#include <memory>

#include "platform/publish/sensorthings/read/session.h"

namespace bypuls::sensorthings {

/// Is the filter true for the entity? As query::matches says it, but a filter that goes down into observations
/// ("Datastreams?$filter=Observations/result gt 5", "Things?$filter=Datastreams/Observations/resultTime ge …", which
/// 18-088 §9.3.3.5.1 allows along every relation) asks for one observation that fits, with ranges and columns, rather
/// than fetching all of them.
///
/// Conditions joined by `and` that go along the same relation to observations are about one and the same observation:
/// "Observations/phenomenonTime ge a and Observations/phenomenonTime lt b" is a reading between the two.
Result<bool> passes(Session& session, const query::Expression& filter, const std::shared_ptr<const Entity>& entity);

}  // namespace bypuls::sensorthings
