// The TLS half of Asio's own code, compiled once. The rest is in core/async.
#include <boost/asio/ssl/impl/src.hpp>
