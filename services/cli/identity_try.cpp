// carnet identity try: what a stream of contact changes would come to.
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "cli/commands.h"
#include "cli/identity_stream.h"
#include "domain/customers/record.h"
#include "domain/identity/facts.h"
#include "domain/identity/memory_records.h"
#include "domain/identity/suggestions.h"
#include "vault/key_ring.h"
#include "vault/memory_key_store.h"
#include "vault/normalize/phone.h"
#include "vault/sealer.h"

namespace carnet::cli {
namespace {

namespace identity = domain::identity;

// One merchant's records, and the customers they come to.
struct Booklet {
  std::map<Uuid, log::v1::IdentityRow> rows;
  identity::MemoryRecords records;
  std::vector<identity::Cluster> customers;
  std::map<Uuid, size_t> customer_of;  // record → place in customers
};

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
      if (absl::Status status = Take(text); !status.ok()) {
        return absl::InvalidArgumentError(
            absl::StrCat("line ", number, ": ", std::string(status.message())));
      }
    }
    for (auto& [name, booklet] : booklets_) {
      for (auto& [id, row] : booklet.rows) booklet.records.Put(id, row);
      booklet.customers = identity::ClusterAll(booklet.records);
      for (size_t i = 0; i < booklet.customers.size(); ++i) {
        for (const Uuid& id : booklet.customers[i].members) booklet.customer_of[id] = i;
      }
    }
    return absl::OkStatus();
  }

  void WriteClusters(std::ostream* out) const {
    *out << "index,cluster\n";
    for (const Line& line : lines_) {
      const Booklet& booklet = booklets_.at(line.merchant);
      const auto& customer = booklet.customers[booklet.customer_of.at(line.record)];
      *out << line.index << "," << customer.members.front().ToString() << "\n";
    }
  }

  void WriteSuggestions(std::ostream* out) const {
    *out << "cluster,other,score\n";
    for (const auto& [name, booklet] : booklets_) {
      const auto customer_of = [&booklet = booklet](const Uuid& record) {
        const auto& members = booklet.customers[booklet.customer_of.at(record)].members;
        return std::pair(members.front(), members);
      };
      for (const identity::Cluster& customer : booklet.customers) {
        const Uuid& id = customer.members.front();
        for (const auto& other : identity::Suggest(booklet.records, id, customer_of)) {
          if (other.customer < id) continue;  // each pair once
          *out << id.ToString() << "," << other.customer.ToString() << ","
               << absl::StrFormat("%.2f", static_cast<double>(other.score) / identity::kPoint)
               << "\n";
        }
      }
    }
  }

  std::string Summary() const {
    size_t records = 0;
    size_t customers = 0;
    for (const auto& [name, booklet] : booklets_) {
      records += booklet.rows.size();
      customers += booklet.customers.size();
    }
    return absl::StrCat(lines_.size(), " changes of ", records, " source records: ", customers,
                        " customers\n");
  }

 private:
  absl::Status Take(std::string_view text) {
    absl::StatusOr<IdentityEvent> event = ReadIdentityEvent(text);
    if (!event.ok()) return event.status();
    const Uuid record =
        domain::RecordId(event->merchant, event->channel, event->channel, event->external_id);
    v1::Body body;
    body.mutable_contact_observed()->mutable_contact()->Swap(&event->contact);
    vault::NewKeys new_keys;
    if (absl::Status status =
            sealer_.Seal(event->merchant, record, /*default_country=*/"", &body, &new_keys);
        !status.ok()) {
      return status;
    }
    Booklet& booklet = booklets_[event->merchant];
    identity::Learn(body.contact_observed().contact(), event->occurred_at_micros,
                    &booklet.rows[record]);
    lines_.push_back({event->index, event->merchant, record});
    return absl::OkStatus();
  }

  vault::MemoryKeyStore store_;
  vault::KeyRing keys_{&store_};
  vault::PhoneNormalizer phones_;
  vault::Sealer sealer_{&keys_, &phones_};
  std::vector<Line> lines_;
  std::map<std::string, Booklet> booklets_;
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
