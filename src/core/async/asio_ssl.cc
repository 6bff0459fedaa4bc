// The TLS half of Asio's own code, compiled once for the whole program.
#include <boost/asio/ssl/impl/src.hpp>
