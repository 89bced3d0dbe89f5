#include "projector/customer_export.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "domain/keys.h"
#include "files/card_columns.h"
#include "files/rows.h"
#include "query/view.h"

namespace carnet::projector_service {
namespace {

constexpr size_t kCustomersAtOnce = 500;

class Export : public std::enable_shared_from_this<Export> {
 public:
  using Stream = runtime::ServerStream<v1::ExportCustomersResponse>;

  Export(const v1::ExportCustomersRequest& request, Moments::Moment moment,
         std::shared_ptr<Stream> stream, const query::Customers* customers,
         query::CustomerSearch* search, runtime::Worker* worker)
      : request_(request),
        moment_(std::move(moment)),
        stream_(std::move(stream)),
        customers_(customers),
        search_(search),
        worker_(worker),
        columns_(customers->PolicyOf(*moment_.snapshot, request.merchant())->policy()) {}

  // In the worker's thread.
  void Begin() {
    log::v1::MerchantRow merchant;
    domain::GetRow(*moment_.snapshot, domain::Family::kMerchants,
                   domain::MerchantKey(request_.merchant()), &merchant);
    version_ = absl::StrCat(merchant.last_change_number());
    auto writer = files::WriteRows(request_.format());
    if (!writer.ok()) return stream_->Finish(writer.status());
    writer_ = *std::move(writer);
    if (absl::Status status = writer_->Add(columns_.Titles()); !status.ok())
      return stream_->Finish(status);
    GoOn();
  }

 private:
  // Hands out a piece; while it is on its way the next one is made.
  void GoOn() {
    if (next_.data().empty()) MakeNext();
    if (next_.data().empty()) {
      if (!stream_->over()) stream_->Finish(status_);
      return;
    }
    // Not in gRPC's thread: the next piece takes reading.
    stream_->Write(next_, [self = shared_from_this()](bool ok) {
      if (ok) self->worker_->Post([self] { self->GoOn(); });
    });
    next_.Clear();
    MakeNext();
  }

  // Nothing: that was all, or `status_` says why not.
  void MakeNext() {
    while (next_.data().empty() && !finished_ && !stream_->over()) {
      status_ = AddCustomers();
      finished_ = finished_ || !status_.ok();
      if (status_.ok()) next_.mutable_data()->append(writer_->Take());
    }
    next_.set_customers(count_);
    query::SetPosition(moment_.view, next_.mutable_position());
  }

  bool is_csv() const { return request_.format() != v1::FILE_FORMAT_XLSX; }

  // A customer as the file has them: the text of a CSV's row, or a spreadsheet's cells.
  struct Made {
    files::Row cells;
    std::string text;
  };
  Made Make(const v1::Customer& card) const {
    Made made{.cells = columns_.Write(card, version_), .text = {}};
    if (!is_csv()) return made;
    for (std::string& cell : made.cells) cell = files::GuardCell(std::move(cell));
    files::AppendCsvRow(made.cells, &made.text);
    made.cells.clear();
    return made;
  }

  absl::Status AddCustomers() {
    std::vector<Made> rows;
    const bool all = request_.query().empty() && request_.filter().ByteSizeLong() == 0;
    absl::StatusOr<bool> more;
    if (all) {
      rows.resize(kCustomersAtOnce);
      more = customers_->NextMany(
          *moment_.snapshot, request_.merchant(), &last_, kCustomersAtOnce,
          [&](size_t place, v1::Customer* card) { rows[place] = Make(*card); });
    } else {
      more = search_->NextMany(*moment_.snapshot, request_.merchant(), request_.query(),
                               request_.filter(), &after_, kCustomersAtOnce,
                               [&](v1::Customer* card) { rows.push_back(Make(*card)); });
    }
    if (!more.ok()) return more.status();
    if (is_csv()) next_.mutable_data()->append(writer_->Take());  // the titles
    for (const Made& row : rows) {
      if (row.cells.empty() && row.text.empty()) break;  // there were not so many
      ++count_;
      if (is_csv()) {
        next_.mutable_data()->append(row.text);
      } else if (absl::Status written = writer_->Add(row.cells); !written.ok()) {
        return written;
      }
    }
    if (*more) return absl::OkStatus();
    finished_ = true;
    return writer_->Finish();
  }

  const v1::ExportCustomersRequest request_;
  const Moments::Moment moment_;
  const std::shared_ptr<Stream> stream_;
  const query::Customers* const customers_;
  query::CustomerSearch* const search_;
  runtime::Worker* const worker_;
  const files::CardColumns columns_;
  // The worker's.
  std::string version_;
  std::unique_ptr<files::RowWriter> writer_;
  std::optional<Uuid> last_;
  std::optional<query::SearchPlace> after_;
  int64_t count_ = 0;
  bool finished_ = false;
  absl::Status status_;
  v1::ExportCustomersResponse next_;
};

}  // namespace

void StartExport(const v1::ExportCustomersRequest& request, const Moments::Moment& moment,
                 std::shared_ptr<runtime::ServerStream<v1::ExportCustomersResponse>> stream,
                 const query::Customers* customers, query::CustomerSearch* search,
                 runtime::Worker* worker) {
  auto job =
      std::make_shared<Export>(request, moment, std::move(stream), customers, search, worker);
  worker->Post([job] { job->Begin(); });
}

}  // namespace carnet::projector_service
