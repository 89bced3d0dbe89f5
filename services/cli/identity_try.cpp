// carnet identity try: what a stream of contact changes would come to.
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "cli/commands.h"
#include "cli/identity_stream.h"
#include "domain/customers/links.h"
#include "domain/customers/record.h"
#include "domain/fold.h"
#include "domain/identity/stored_records.h"
#include "domain/identity/suggestions.h"
#include "domain/keys.h"
#include "vault/key_ring.h"
#include "vault/memory_key_store.h"
#include "vault/normalize/phone.h"
#include "vault/sealer.h"

namespace carnet::cli {
namespace {

namespace identity = domain::identity;

using domain::Family;

struct Line {
  int64_t index;
  std::string merchant;
  Uuid record;
};

class Trial {
 public:
  absl::Status Read(std::istream* in) {
    std::string text;
    for (int64_t number = 1; std::getline(*in, text); ++number) {
      if (text.empty()) continue;
      if (absl::Status status = Take(text, number); !status.ok()) {
        return absl::InvalidArgumentError(
            absl::StrCat("line ", number, ": ", std::string(status.message())));
      }
    }
    return absl::OkStatus();
  }

  void WriteClusters(std::ostream* out) const {
    *out << "index,cluster\n";
    for (const Line& line : lines_)
      *out << line.index << "," << CustomerOf(line.merchant, line.record).ToString() << "\n";
  }

  void WriteSuggestions(std::ostream* out) const {
    *out << "cluster,other,score\n";
    for (const auto& [merchant, customers] : Customers()) {
      const identity::StoredRecords records(state_, merchant);
      const auto customer_of = [&merchant = merchant, this](const Uuid& record) {
        const Uuid customer = CustomerOf(merchant, record);
        return std::pair(customer, domain::MembersOf(state_, merchant, customer));
      };
      for (const Uuid& id : customers) {
        for (const auto& other : identity::Suggest(records, id, customer_of)) {
          if (other.customer < id) continue;  // each pair once
          *out << id.ToString() << "," << other.customer.ToString() << ","
               << absl::StrFormat("%.2f", static_cast<double>(other.score) / identity::kPoint)
               << "\n";
        }
      }
    }
  }

  std::string Summary() const {
    std::set<std::pair<std::string, Uuid>> records;
    for (const Line& line : lines_) records.emplace(line.merchant, line.record);
    size_t count = 0;
    for (const auto& [merchant, customers] : Customers()) count += customers.size();
    return absl::StrCat(lines_.size(), " changes of ", records.size(), " source records: ", count,
                        " customers\n");
  }

 private:
  // As a gateway would publish it, and a projector fold it.
  absl::Status Take(std::string_view text, int64_t number) {
    absl::StatusOr<IdentityEvent> event = ReadIdentityEvent(text);
    if (!event.ok()) return event.status();
    log::v1::Change change;
    const Uuid id = Uuid::FromFields({"try", std::to_string(number)});
    change.set_id(std::string(id.bytes()));
    change.set_content_hash(change.id());
    change.set_merchant(event->merchant);
    change.set_channel(event->channel);
    change.set_source(event->channel);
    change.set_external_id(event->external_id);
    change.set_occurred_at_micros(event->occurred_at_micros);
    change.set_recorded_at_micros(event->occurred_at_micros);
    change.set_intent(v1::INTENT_FACT);
    change.set_rules_version(1);
    change.mutable_body()->mutable_contact_observed()->mutable_contact()->Swap(&event->contact);
    const Uuid record =
        domain::RecordId(event->merchant, event->channel, event->channel, event->external_id);
    vault::NewKeys new_keys;
    if (absl::Status status = sealer_.Seal(event->merchant, record, /*default_country=*/"",
                                           change.mutable_body(), &new_keys);
        !status.ok()) {
      return status;
    }
    v1::Outcome outcome;
    if (absl::Status status = domain::FoldChange(change, &state_, &outcome); !status.ok())
      return status;
    if (outcome.status() != v1::OUTCOME_STATUS_APPLIED)
      return absl::InvalidArgumentError(absl::StrCat(outcome.reason(), ": ", outcome.detail()));
    lines_.push_back({event->index, event->merchant, record});
    return absl::OkStatus();
  }

  Uuid CustomerOf(const std::string& merchant, const Uuid& record) const {
    log::v1::RecordRow row;
    domain::GetRow(state_, Family::kRecords, domain::RecordKey(merchant, record), &row);
    return Uuid::FromBytes(row.customer_id()).value_or(record);
  }

  std::map<std::string, std::set<Uuid>> Customers() const {
    std::map<std::string, std::set<Uuid>> customers;
    for (const Line& line : lines_)
      customers[line.merchant].insert(CustomerOf(line.merchant, line.record));
    return customers;
  }

  vault::MemoryKeyStore store_;
  vault::KeyRing keys_{&store_};
  vault::PhoneNormalizer phones_;
  vault::Sealer sealer_{&keys_, &phones_};
  domain::EmptyReader nothing_;
  domain::Overlay state_{nothing_};
  std::vector<Line> lines_;
};

absl::Status CannotOpen(const std::string& file) {
  return absl::InvalidArgumentError(absl::StrCat(file, " can't be opened"));
}

}  // namespace

absl::StatusOr<ExitCode> Run(const Session& session, const TryIdentity& command) {
  std::ifstream in(command.events);
  if (!in) return CannotOpen(command.events);
  Trial trial;
  if (absl::Status status = trial.Read(&in); !status.ok()) return status;
  if (!command.clusters.empty()) {
    std::ofstream out(command.clusters);
    trial.WriteClusters(&out);
    if (!out.flush()) return CannotOpen(command.clusters);
  }
  if (!command.suggestions.empty()) {
    std::ofstream out(command.suggestions);
    trial.WriteSuggestions(&out);
    if (!out.flush()) return CannotOpen(command.suggestions);
  }
  session.Print(trial.Summary());
  return ExitCode::kDone;
}

}  // namespace carnet::cli
