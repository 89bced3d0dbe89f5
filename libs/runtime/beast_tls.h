// Asio's TLS on top of beast.h. Only for .cpp files of this folder.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include "runtime/beast.h"
