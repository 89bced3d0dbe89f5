// Customers::Explain: every value a field has or had, and why one of them is on the card.
#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/fatal.h"
#include "carnet/log/v1/card_rows.pb.h"
#include "domain/customers/cells.h"
#include "domain/customers/links.h"
#include "domain/keys.h"
#include "query/card.h"
#include "query/customers.h"
#include "query/members.h"
#include "query/names.h"
#include "query/reasons.h"

namespace carnet::query {
namespace {

using carnet::log::v1::Cell;
using carnet::log::v1::HistoryRow;
using carnet::log::v1::RecordRow;
using carnet::v1::FieldValue;
using domain::Family;
using domain::IsDeleted;
using domain::RankOf;

// What decided between two cells; `winner` is of the greater rank.
std::string_view Decided(const domain::Contender& winner, const domain::Contender& loser,
                         bool of_winner) {
  const domain::CellRank a = RankOf(*winner.cell, *winner.record);
  const domain::CellRank b = RankOf(*loser.cell, *loser.record);
  if (a.own != b.own) return of_winner ? "OWN_RECORD" : "OBSERVED";
  if (a.channel_rank != b.channel_rank) return "CHANNEL_RANK";
  if (a.as_of_micros != b.as_of_micros) return of_winner ? "LATER" : "EARLIER";
  return "TIE";
}

bool IsRevert(const Cell& cell) {
  return cell.has_reverted_as_of_micros() && cell.reverted_as_of_micros() == cell.as_of_micros();
}

// One value of a field, before it is opened.
struct Said {
  const Cell* cell;
  const RecordRow* record;
  size_t member;
  bool superseded;
};

class Explainer {
 public:
  Explainer(const domain::Reader& reader, const vault::Opener& opener,
            const carnet::v1::MerchantPolicy& policy, std::string_view merchant)
      : reader_(reader), opener_(opener), policy_(policy), merchant_(merchant) {}

  absl::Status Run(const Uuid& customer, const std::optional<domain::CardField>& only,
                   carnet::v1::ExplainCustomerResponse* response) {
    Read(customer);
    std::sort(said_.begin(), said_.end(), [](const Said& a, const Said& b) {
      if (a.cell->field() != b.cell->field()) return a.cell->field() < b.cell->field();
      if (a.cell->key() != b.cell->key()) return a.cell->key() < b.cell->key();
      if (a.cell->change_number() != b.cell->change_number())
        return a.cell->change_number() > b.cell->change_number();
      return a.member < b.member;
    });
    for (size_t begin = 0; begin < said_.size();) {
      size_t end = begin + 1;
      while (end < said_.size() && said_[end].cell->field() == said_[begin].cell->field() &&
             said_[end].cell->key() == said_[begin].cell->key()) {
        ++end;
      }
      const Cell& first = *said_[begin].cell;
      if (!only || (first.field() == only->number && first.key() == only->key)) {
        const absl::Status status = ExplainField(
            absl::MakeConstSpan(said_).subspan(begin, end - begin), response->add_fields());
        if (!status.ok()) return status;
      }
      begin = end;
    }
    return absl::OkStatus();
  }

  absl::StatusOr<carnet::v1::Contact> AsOf(const Uuid& customer, uint64_t number) {
    Read(customer);
    // Of each record and field the cell it had then: the one that counted among those known by
    // then.
    Contest contest;
    std::map<std::tuple<size_t, uint32_t, std::string>, const Said*> then;
    for (const Said& each : said_) {
      if (each.cell->change_number() > number || IsHiddenField(policy_, *each.cell)) continue;
      const Said*& best = then[{each.member, each.cell->field(), each.cell->key()}];
      const auto strength = [](const Said& said) {
        return std::tuple(!said.cell->observed(), said.cell->as_of_micros(),
                          said.cell->change_number());
      };
      if (best == nullptr || strength(each) > strength(*best)) best = &each;
    }
    for (const auto& [where, said] : then) contest.Add(*said->cell, *said->record, said->member);
    carnet::v1::Contact contact;
    for (const FieldContest& field : contest.Fields()) {
      const auto entries = contest.entries(field);
      const ptrdiff_t winner = domain::WinnerOf(entries);
      if (winner < 0) continue;
      const Contest::Entry& best = entries[static_cast<size_t>(winner)];
      if (best.cell->cleared()) continue;
      carnet::v1::Contact value = best.cell->value();
      const absl::Status opened = opener_.Open(merchant_, members_[best.member], &value);
      if (!opened.ok()) return opened;
      contact.MergeFrom(value);
    }
    return contact;
  }

 private:
  void Read(const Uuid& customer) {
    members_ = domain::MembersOf(reader_, merchant_, customer);
    for (size_t member = 0; member < members_.size(); ++member) {
      auto row = std::make_unique<RecordRow>();
      GetRow(reader_, Family::kRecords, domain::RecordKey(merchant_, members_[member]), row.get());
      for (const Cell& cell : row->cells()) said_.push_back({&cell, row.get(), member, false});
      reader_.Scan(
          Family::kHistory, domain::HistoryPrefix(merchant_, members_[member]),
          [&](std::string_view, std::string_view value) {
            auto history = std::make_unique<HistoryRow>();
            CARNET_ASSERT(history->ParseFromArray(value.data(), static_cast<int>(value.size())));
            for (const Cell& cell : history->cells())
              said_.push_back({&cell, row.get(), member, true});
            history_.push_back(std::move(history));
            return true;
          });
      rows_.push_back(std::move(row));
    }
  }

  absl::Status ExplainField(absl::Span<const Said> all, carnet::v1::FieldExplanation* field) {
    std::vector<domain::Contender> contenders;
    for (const Said& each : all) {
      if (!each.superseded) contenders.push_back({each.cell, each.record});
    }
    const Cell& any = *all.front().cell;
    field->set_field(domain::CardFieldName(any.field(), any.key()));
    const ptrdiff_t place = domain::WinnerOf(contenders);
    const domain::Contender* winner = place < 0 ? nullptr : &contenders[static_cast<size_t>(place)];
    // The strongest of those that lost: what the winner is shown for.
    const domain::Contender* second = nullptr;
    for (const domain::Contender& each : contenders) {
      if (winner == nullptr || each.cell == winner->cell) continue;
      if (second == nullptr ||
          RankOf(*each.cell, *each.record) > RankOf(*second->cell, *second->record))
        second = &each;
    }
    for (const Said& each : all) {
      const bool shown = winner != nullptr && each.cell == winner->cell;
      FieldValue value;
      const bool hidden = IsHiddenField(policy_, *each.cell);
      if (hidden) {
        value.set_reason("SWITCHED_OFF");
      } else if (each.superseded) {
        value.set_reason("SUPERSEDED");
      } else if (shown) {
        value.set_reason(std::string(WhyShown(*winner, second, all.size())));
      } else {
        value.set_reason(std::string(WhyLost(winner, {each.cell, each.record})));
      }
      value.set_shown(shown && !hidden);
      if (const absl::Status status = Fill(each, &value); !status.ok()) return status;
      field->add_values()->Swap(&value);
      if (shown) {
        // First, the others after it in their order.
        auto* values = field->mutable_values();
        for (int i = values->size() - 1; i > 0; --i) values->SwapElements(i, i - 1);
      }
    }
    return absl::OkStatus();
  }

  static std::string_view WhyShown(const domain::Contender& winner, const domain::Contender* second,
                                   size_t values) {
    if (values == 1) return "ONLY_VALUE";
    if (IsRevert(*winner.cell)) return "REVERTED";
    if (second == nullptr) return "LATER";
    // What a revert elsewhere has thrown out may rank higher.
    if (RankOf(*second->cell, *second->record) > RankOf(*winner.cell, *winner.record))
      return "LATER";
    return Decided(winner, *second, /*of_winner=*/true);
  }

  static std::string_view WhyLost(const domain::Contender* winner, const domain::Contender& loser) {
    if (IsDeleted(*loser.cell, *loser.record)) return "DELETED";
    if (winner == nullptr) return "BEFORE_REVERT";
    if (winner->cell->has_reverted_as_of_micros() &&
        loser.cell->as_of_micros() <= winner->cell->reverted_as_of_micros()) {
      return "BEFORE_REVERT";
    }
    if (RankOf(*loser.cell, *loser.record) > RankOf(*winner->cell, *winner->record))
      return "BEFORE_REVERT";
    return Decided(*winner, loser, /*of_winner=*/false);
  }

  absl::Status Fill(const Said& said, FieldValue* value) const {
    FillOrigin(*said.cell, *said.record, FormatRecordName(members_[said.member]),
               value->mutable_origin());
    value->set_cleared(said.cell->cleared());
    value->set_reverted(IsRevert(*said.cell));
    value->set_observed(said.cell->observed());
    value->set_channel_rank(said.cell->channel_rank());
    if (said.cell->cleared()) return absl::OkStatus();
    *value->mutable_value() = said.cell->value();
    return opener_.Open(merchant_, members_[said.member], value->mutable_value());
  }

  const domain::Reader& reader_;
  const vault::Opener& opener_;
  const carnet::v1::MerchantPolicy& policy_;
  const std::string_view merchant_;
  std::vector<Uuid> members_;
  std::vector<std::unique_ptr<RecordRow>> rows_;
  std::vector<std::unique_ptr<HistoryRow>> history_;
  std::vector<Said> said_;
};

}  // namespace

absl::StatusOr<carnet::v1::Contact> Customers::ContactAsOf(const view_store::Snapshot& snapshot,
                                                           std::string_view merchant,
                                                           const Uuid& customer,
                                                           uint64_t number) const {
  const auto policy = policies_.Of(snapshot, merchant);
  return Explainer(snapshot, *opener_, policy->policy(), merchant).AsOf(customer, number);
}

absl::Status Customers::Explain(const View& view, const carnet::v1::ExplainCustomerRequest& request,
                                carnet::v1::ExplainCustomerResponse* response) const {
  const auto name = ParseCustomerName(request.name(), "name");
  if (!name.ok()) return name.status();
  std::optional<domain::CardField> only;
  if (!request.field().empty()) {
    only = domain::ParseCardField(request.field());
    if (!only) {
      return Error(absl::StatusCode::kInvalidArgument, reason::kFieldUnknown,
                   "name a field of Contact, or one of the merchant's own as custom.{key}",
                   "field");
    }
  }
  const auto customer = CustomerOf(*view.snapshot, name->merchant, name->id, "name");
  if (!customer.ok()) return customer.status();
  SetPosition(view, response->mutable_position());
  const auto policy = policies_.Of(*view.snapshot, name->merchant);
  return Explainer(*view.snapshot, *opener_, policy->policy(), name->merchant)
      .Run(*customer, only, response);
}

}  // namespace carnet::query
