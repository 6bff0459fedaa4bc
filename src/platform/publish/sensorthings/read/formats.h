#pragma once

#include "platform/publish/sensorthings/read/reader.h"
#include "platform/publish/sensorthings/read/writer.h"

namespace bypuls::sensorthings {

/// A page of a set in one of the forms of $resultFormat:
///  - dataArray (18-088 §14): observations as rows below their datastream;
///  - CSV (RFC 4180): a line of names, then one line an entity; JSON in quotes;
///  - GeoJSON (RFC 7946): entities as features, with their place where they have one.
/// The next page of all but dataArray is in Answer::next. Errc::malformed where a form does not fit: dataArray for
/// anything but observations, $expand in the first two.
Result<Answer> formatted_set(Session& session, const Form& form, Writer& writer, const Resolved& found,
                             const query::Options& options, const Projection& projection);

}  // namespace bypuls::sensorthings
