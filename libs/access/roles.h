// What each role may do.
#pragma once

#include <string_view>

#include "absl/status/status.h"

#include "access/grant.h"

namespace carnet::access {

// Sets the permissions, kinds, intents and any_merchant of a role. Roles without any (UNSPECIFIED,
// numbers this version does not know) get nothing.
void SetRole(v1::Role role, Grant* grant);

// The number of Body's field of that name; 0: there is none.
int KindNumber(std::string_view name);

// "back-office" for ROLE_BACK_OFFICE, "read-history" for PERMISSION_READ_HISTORY: as the command
// line and lists have them. Parsing gives UNSPECIFIED for what is none.
std::string RoleWord(v1::Role role);
v1::Role ParseRole(std::string_view word);
std::string PermissionWord(v1::Permission permission);
v1::Permission ParsePermission(std::string_view word);

}  // namespace carnet::access
