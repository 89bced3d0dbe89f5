// A lead as Meta's Graph answers it: what somebody typed into a page's form.
#pragma once

#include "channels/json.h"
#include "channels/meaning.h"

namespace carnet::channels::meta {

// `body` is the answer to GET /{leadgen_id}.
Meaning ReadLead(const Delivery& delivery, const Json& body);

}  // namespace carnet::channels::meta
