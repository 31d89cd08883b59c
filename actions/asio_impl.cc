// The compiled part of Asio (BOOST_ASIO_SEPARATE_COMPILATION): built once here, not in every file that includes it.
#include <boost/asio/impl/src.hpp>
