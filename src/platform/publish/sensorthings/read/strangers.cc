#include "platform/publish/sensorthings/read/strangers.h"

#include <algorithm>
#include <iterator>

namespace bypuls::sensorthings {

std::vector<registry::DatastreamId> Strangers::among(const std::vector<registry::DatastreamId>& having,
                                                     const std::shared_ptr<const registry::Streams>& known) const {
    const std::lock_guard lock(mutex_);
    if (known != known_ || having != having_) {
        having_ = having;
        known_ = known;
        found_.clear();
        std::ranges::copy_if(having, std::back_inserter(found_), [&](auto id) { return known->find(id) == nullptr; });
    }
    return found_;
}

}  // namespace bypuls::sensorthings
