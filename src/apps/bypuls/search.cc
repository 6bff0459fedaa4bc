#include "apps/bypuls/search.h"

#include <iterator>
#include <utility>
#include <vector>

#include "city/bathing/searchable.h"
#include "city/participation/recount/searchable.h"
#include "platform/publish/about/searchable.h"
#include "platform/publish/search/routes.h"

namespace bypuls::apps {

http::Route search_route(const pages::Site& site, const publication::Plane& plane) {
    return publish::search::route(site, [&site, &plane](words::Language language) {
        const words::Words say = site.words(language);
        std::vector<publish::search::Entry> all = bathing::searchable(say, *plane.catalogue());
        for (auto more : {participation::recount::searchable(say), publish::about::searchable(say)}) {
            all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
        }
        return all;
    });
}

}  // namespace bypuls::apps
