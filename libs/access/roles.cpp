#include "access/roles.h"

#include <initializer_list>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include <google/protobuf/descriptor.h>

#include "base/fatal.h"
#include "carnet/v1/change.pb.h"

namespace carnet::access {
namespace {

// What belongs to the installation, not to a merchant.
constexpr std::string_view kOperatorsKinds[] = {"rules_version_activated"};
// What a channel says by itself, day by day. Of kinds that are not named here, back offices alone
// may publish those that are no operator's: a new kind is not open to tills before somebody
// decides.
constexpr std::string_view kChannelsKinds[] = {"contact_observed", "posting",
                                               "reversal",         "consent_recorded",
                                               "record_deleted",   "order_observed"};

void Permit(std::initializer_list<v1::Permission> permissions, Grant* grant) {
  for (const v1::Permission permission : permissions) grant->permissions.Add(permission);
}

template <typename Names>
void AddKinds(const Names& names, Grant* grant) {
  for (const std::string_view name : names) {
    const int number = KindNumber(name);
    CARNET_ASSERT(number != 0);
    grant->kinds.Add(number);
  }
}

bool IsOperatorsKind(std::string_view name) {
  for (const std::string_view kind : kOperatorsKinds) {
    if (kind == name) return true;
  }
  return false;
}

std::string Word(const std::string& value, std::string_view prefix) {
  return absl::AsciiStrToLower(absl::StrReplaceAll(value.substr(prefix.size()), {{"_", "-"}}));
}

std::string ValueName(std::string_view word, std::string_view prefix) {
  return absl::StrCat(std::string(prefix),
                      absl::AsciiStrToUpper(absl::StrReplaceAll(std::string(word), {{"-", "_"}})));
}

}  // namespace

int KindNumber(std::string_view name) {
  const auto* field = v1::Body::descriptor()->FindFieldByName(std::string(name));
  return field == nullptr ? 0 : field->number();
}

void SetRole(v1::Role role, Grant* grant) {
  switch (role) {
    case v1::ROLE_BACK_OFFICE:
      Permit({v1::PERMISSION_READ_CUSTOMERS, v1::PERMISSION_READ_BALANCES,
              v1::PERMISSION_READ_HISTORY, v1::PERMISSION_READ_OUTCOMES, v1::PERMISSION_FOLLOW,
              v1::PERMISSION_PUBLISH, v1::PERMISSION_CREATE_TOKENS, v1::PERMISSION_READ_DELIVERIES},
             grant);
      for (int i = 0; i < v1::Body::descriptor()->field_count(); ++i) {
        const auto* field = v1::Body::descriptor()->field(i);
        if (!IsOperatorsKind(field->name())) grant->kinds.Add(field->number());
      }
      break;
    case v1::ROLE_TILL:
      Permit({v1::PERMISSION_READ_CUSTOMERS, v1::PERMISSION_READ_BALANCES,
              v1::PERMISSION_READ_HISTORY, v1::PERMISSION_READ_OUTCOMES, v1::PERMISSION_PUBLISH},
             grant);
      AddKinds(kChannelsKinds, grant);
      break;
    case v1::ROLE_REPORTS:
      Permit({v1::PERMISSION_READ_CUSTOMERS, v1::PERMISSION_READ_BALANCES,
              v1::PERMISSION_READ_HISTORY},
             grant);
      break;
    case v1::ROLE_INTEGRATOR:
      Permit({v1::PERMISSION_READ_CUSTOMERS, v1::PERMISSION_READ_BALANCES,
              v1::PERMISSION_READ_HISTORY, v1::PERMISSION_READ_OUTCOMES, v1::PERMISSION_FOLLOW,
              v1::PERMISSION_PUBLISH, v1::PERMISSION_CREATE_TOKENS},
             grant);
      AddKinds(kChannelsKinds, grant);
      break;
    case v1::ROLE_OPERATOR:
      Permit({v1::PERMISSION_OPERATE, v1::PERMISSION_PUBLISH, v1::PERMISSION_READ_OUTCOMES}, grant);
      AddKinds(kOperatorsKinds, grant);
      grant->any_merchant = true;
      break;
    case v1::ROLE_GATEWAY:
      Permit({v1::PERMISSION_OPERATE, v1::PERMISSION_READ_CUSTOMERS, v1::PERMISSION_READ_OUTCOMES},
             grant);
      grant->any_merchant = true;
      break;
    case v1::ROLE_SELF:
      Permit({v1::PERMISSION_READ_BALANCES, v1::PERMISSION_READ_HISTORY}, grant);
      break;
    case v1::ROLE_GUARDIAN:
      Permit({v1::PERMISSION_READ_HISTORY}, grant);
      break;
    default:
      return;
  }
  grant->intents.Add(v1::INTENT_FACT);
  grant->intents.Add(v1::INTENT_REQUEST);
}

std::string RoleWord(v1::Role role) { return Word(v1::Role_Name(role), "ROLE_"); }

v1::Role ParseRole(std::string_view word) {
  v1::Role role = v1::ROLE_UNSPECIFIED;
  v1::Role_Parse(ValueName(word, "ROLE_"), &role);
  return role;
}

std::string PermissionWord(v1::Permission permission) {
  return Word(v1::Permission_Name(permission), "PERMISSION_");
}

v1::Permission ParsePermission(std::string_view word) {
  v1::Permission permission = v1::PERMISSION_UNSPECIFIED;
  v1::Permission_Parse(ValueName(word, "PERMISSION_"), &permission);
  return permission;
}

}  // namespace carnet::access
