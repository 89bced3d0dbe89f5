#include "domain/customers/membership.h"

#include <string>

#include "domain/keys.h"

namespace carnet::domain {

using carnet::log::v1::MembersRow;

void RememberMembers(Step* step, const std::vector<Uuid>& members) {
  MembersRow row;
  for (const Uuid& member : members) row.add_members(std::string(member.bytes()));
  row.set_recorded_day(step->recorded_day);
  const std::string bytes = row.SerializeAsString();
  for (const Uuid& member : members) {
    step->state.Put(Family::kMembers, MembersKey(step->merchant_name(), member, step->number),
                    bytes);
  }
}

std::vector<Uuid> MembersAt(const Reader& state, std::string_view merchant, const Uuid& record,
                            int32_t recorded_day) {
  std::vector<Uuid> members = {record};
  state.Scan(Family::kMembers, RecordKey(merchant, record),
             [&](std::string_view, std::string_view value) {
               MembersRow row;
               Require(row.ParseFromArray(value.data(), static_cast<int>(value.size())),
                       "a row of the views can be read");
               if (row.recorded_day() > recorded_day) return false;
               members.clear();
               for (const std::string& member : row.members()) {
                 members.push_back(Uuid::FromBytes(member).value_or(Uuid()));
               }
               return true;
             });
  return members;
}

}  // namespace carnet::domain
