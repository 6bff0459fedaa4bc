// Beast's own code, compiled once for the whole program. Asio's is in core/async.
#include <boost/beast/src.hpp>
