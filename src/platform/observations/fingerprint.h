#pragma once

#include "core/bytes.h"
#include "platform/observations/columns.h"

namespace bypuls::observations {

/// Adds what the rows are known by, for Store::fingerprint: how many they are, and time, value and quality of each.
void put_rows(Bytes& out, const ColumnView& rows);

}  // namespace bypuls::observations
