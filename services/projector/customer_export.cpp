#include "projector/customer_export.h"

#include <algorithm>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "domain/keys.h"
#include "files/rows.h"
#include "projector/customer_rows.h"
#include "query/view.h"

namespace carnet::projector_service {
namespace {

constexpr size_t kCustomersAtOnce = 500;
constexpr size_t kFewCustomers = 50;
// Of one message: clients take 4 MiB unless told otherwise, and cards may be of any size.
constexpr size_t kMostBytes = size_t{1} << 20;

size_t ThreadsAtOnce() { return std::clamp<size_t>(std::thread::hardware_concurrency(), 1, 4); }

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
        worker_(worker) {}

  // In the worker's thread.
  void Begin() {
    log::v1::MerchantRow merchant;
    domain::GetRow(*moment_.snapshot, domain::Family::kMerchants,
                   domain::MerchantKey(request_.merchant()), &merchant);
    file_.emplace(request_.merchant(),
                  customers_->PolicyOf(*moment_.snapshot, request_.merchant())->policy(),
                  absl::StrCat(merchant.last_change_number()));
    auto writer = files::WriteRows(request_.format());
    if (!writer.ok()) return stream_->Finish(writer.status());
    writer_ = *std::move(writer);
    if (absl::Status status = writer_->Add(file_->columns.Titles()); !status.ok())
      return stream_->Finish(status);
    GoOn();
  }

 private:
  // Hands out a piece; while it is on its way the next one is made.
  void GoOn() {
    if (made_.empty()) MakeNext();
    if (made_.empty()) {
      if (!stream_->over()) stream_->Finish(status_);
      return;
    }
    v1::ExportCustomersResponse piece;
    if (made_.size() <= kMostBytes) {
      piece.mutable_data()->swap(made_);
    } else {
      piece.set_data(made_.substr(0, kMostBytes));
      made_.erase(0, kMostBytes);
    }
    piece.set_customers(count_);
    query::SetPosition(moment_.view, piece.mutable_position());
    // Not in gRPC's thread: the next piece takes reading.
    stream_->Write(piece, [self = shared_from_this()](bool ok) {
      if (ok) self->worker_->Post([self] { self->GoOn(); });
    });
    if (made_.empty()) MakeNext();
  }

  // Nothing: that was all, or `status_` says why not.
  void MakeNext() {
    while (made_.empty() && !stream_->over()) {
      if (!finished_) {
        status_ = AddCustomers();
        finished_ = finished_ || !status_.ok();
        if (!status_.ok()) break;
      }
      made_.append(writer_->Take());
      // A spreadsheet is handed out in pieces once it is finished.
      if (finished_ && made_.empty()) break;
    }
  }

  bool is_csv() const { return request_.format() != v1::FILE_FORMAT_XLSX; }

  // Customers in their order, as the file has them: text of a CSV file, or a spreadsheet's cells.
  struct Made {
    std::string text;
    std::vector<files::Row> cells;
    int64_t count = 0;
    absl::Status status;

    void Add(const CustomerRows& rows, bool csv) {
      if (csv) {
        rows.AppendCsv(&text);
      } else {
        cells.push_back(rows.Row());
      }
      ++count;
    }
  };

  absl::Status AddCustomers() {
    const bool all = request_.query().empty() && request_.filter().ByteSizeLong() == 0;
    const absl::StatusOr<bool> more = all ? AddAll() : AddFound();
    if (!more.ok()) return more.status();
    if (*more) return absl::OkStatus();
    finished_ = true;
    return writer_->Finish();
  }

  absl::StatusOr<bool> AddFound() {
    CustomerRows rows(&*file_, customers_);
    Made made;
    const auto more =
        search_->NextMany(*moment_.snapshot, request_.merchant(), request_.query(),
                          request_.filter(), &after_, kCustomersAtOnce, [&](v1::Customer* card) {
                            made.status.Update(rows.Read(*card));
                            if (made.status.ok()) made.Add(rows, is_csv());
                          });
    if (!more.ok()) return more;
    if (absl::Status status = Put(made); !status.ok()) return status;
    return more;
  }

  absl::StatusOr<bool> AddAll() {
    const bool more = customers_->NextRows(*moment_.snapshot, request_.merchant(), &last_,
                                           kCustomersAtOnce, &customer_rows_);
    const size_t count = customer_rows_.size();
    if (count == 0) return false;
    const auto make = [&](size_t begin, size_t end) {
      CustomerRows rows(&*file_, customers_);
      Made made;
      made.status = rows.ReadKeys(customer_rows_[begin].id, customer_rows_[end - 1].id);
      for (size_t i = begin; i < end && made.status.ok(); ++i) {
        made.status = rows.Read(*moment_.snapshot, customer_rows_[i]);
        if (made.status.ok()) made.Add(rows, is_csv());
      }
      return made;
    };
    // Opening takes most of the time.
    const size_t threads = count < kFewCustomers ? 1 : ThreadsAtOnce();
    std::vector<std::future<Made>> others;
    for (size_t i = 1; i < threads; ++i) {
      others.push_back(
          std::async(std::launch::async, make, count * i / threads, count * (i + 1) / threads));
    }
    absl::Status status = Put(make(0, count / threads));
    for (auto& other : others) status.Update(Put(other.get()));
    if (!status.ok()) return status;
    return more;
  }

  absl::Status Put(const Made& made) {
    if (!made.status.ok()) return made.status;
    count_ += made.count;
    if (is_csv()) {
      made_.append(writer_->Take());  // the titles
      made_.append(made.text);
    }
    for (const files::Row& row : made.cells) {
      if (absl::Status written = writer_->Add(row); !written.ok()) return written;
    }
    return absl::OkStatus();
  }

  const v1::ExportCustomersRequest request_;
  const Moments::Moment moment_;
  const std::shared_ptr<Stream> stream_;
  const query::Customers* const customers_;
  query::CustomerSearch* const search_;
  runtime::Worker* const worker_;
  // The worker's.
  std::optional<CustomerFile> file_;
  std::vector<query::Customers::Rows> customer_rows_;
  std::unique_ptr<files::RowWriter> writer_;
  std::optional<Uuid> last_;
  std::optional<query::SearchPlace> after_;
  int64_t count_ = 0;
  bool finished_ = false;
  absl::Status status_;
  std::string made_;  // of the file, not handed out yet
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
