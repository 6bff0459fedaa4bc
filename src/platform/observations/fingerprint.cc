#include "platform/observations/fingerprint.h"

#include <bit>

#include "platform/observations/store.h"

namespace bypuls::observations {
namespace {

void put_value(Bytes& out, const ColumnView& rows, std::size_t row) {
    switch (rows.type) {
        case ResultType::number: put_u64(out, std::bit_cast<std::uint64_t>(rows.numbers[row])); break;
        case ResultType::integer: put_u64(out, static_cast<std::uint64_t>(rows.integers[row])); break;
        case ResultType::boolean: out.push_back(static_cast<std::byte>(rows.booleans[row])); break;
        case ResultType::category:
        case ResultType::json: {
            const ByteView text = as_bytes(rows.texts[row]);
            put_varint(out, text.size());
            out.insert(out.end(), text.begin(), text.end());
            break;
        }
    }
}

}  // namespace

void put_rows(Bytes& out, const ColumnView& rows) {
    put_varint(out, rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
        put_u64(out, static_cast<std::uint64_t>(rows.times[row].time_since_epoch().count()));
        put_value(out, rows, row);
        out.push_back(static_cast<std::byte>(rows.quality_of(row).bits()));
    }
}

Result<Bytes> Store::fingerprint(DatastreamId id, Interval interval) const {
    Bytes out;
    RangeOptions page;
    for (bool more = true; more;) {
        TRY(const Series series, range(id, interval, page));
        put_rows(out, view(id, series.columns, 0, series.columns.size()));
        more = series.more;
        if (more) {
            page.after = series.columns.times.back();
        }
    }
    return out;
}

}  // namespace bypuls::observations
