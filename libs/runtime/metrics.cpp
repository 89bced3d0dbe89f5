#include "runtime/metrics.h"

#include <mutex>

#include "absl/strings/str_cat.h"
#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/exposer.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "base/error.h"

namespace carnet::runtime {
namespace {

const prometheus::Histogram::BucketBoundaries kSeconds = {
    0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10};

// A family that is read when it is collected.
struct ReadFamily {
  std::string name;
  std::string help;
  prometheus::MetricType type;
  Metrics::Read read;
};

}  // namespace

struct Metrics::Impl : public prometheus::Collectable {
  std::vector<prometheus::MetricFamily> Collect() const override {
    std::vector<prometheus::MetricFamily> families = registry.Collect();
    const std::lock_guard lock(mutex);
    for (const ReadFamily& read : read_families) {
      prometheus::MetricFamily family{read.name, read.help, read.type, {}};
      for (const Sample& sample : read.read()) {
        prometheus::ClientMetric metric;
        for (const auto& [name, value] : sample.labels) metric.label.push_back({name, value});
        (read.type == prometheus::MetricType::Gauge ? metric.gauge.value : metric.counter.value) =
            sample.value;
        family.metric.push_back(std::move(metric));
      }
      families.push_back(std::move(family));
    }
    return families;
  }

  prometheus::Registry registry{prometheus::Registry::InsertBehavior::Merge};
  mutable std::mutex mutex;
  std::vector<ReadFamily> read_families;
  std::string address;
  std::unique_ptr<prometheus::Exposer> exposer;
};

void Counter::Add(double amount) const {
  static_cast<prometheus::Counter*>(counter_)->Increment(amount);
}

void Histogram::Observe(double value) const {
  static_cast<prometheus::Histogram*>(histogram_)->Observe(value);
}

Metrics::Metrics() : impl_(std::make_shared<Impl>()) {}

Metrics::~Metrics() {
  if (impl_->exposer == nullptr) return;
  impl_->exposer->RemoveCollectable(impl_);  // waits for a read that is under way
  // Its HTTP server takes up to two seconds to stop, and nothing depends on it any more: it ends
  // with the process.
  static auto* const ended = new std::vector<std::unique_ptr<prometheus::Exposer>>;
  ended->push_back(std::move(impl_->exposer));
}

Counter Metrics::AddCounter(const std::string& name, const std::string& help,
                            const MetricLabels& labels) {
  auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(impl_->registry);
  return Counter(&family.Add(labels));
}

Histogram Metrics::AddSecondsHistogram(const std::string& name, const std::string& help,
                                       const MetricLabels& labels) {
  auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(impl_->registry);
  return Histogram(&family.Add(labels, kSeconds));
}

void Metrics::AddGauge(const std::string& name, const std::string& help, Read read) {
  const std::lock_guard lock(impl_->mutex);
  impl_->read_families.push_back({name, help, prometheus::MetricType::Gauge, std::move(read)});
}

void Metrics::AddCounterRead(const std::string& name, const std::string& help, Read read) {
  const std::lock_guard lock(impl_->mutex);
  impl_->read_families.push_back({name, help, prometheus::MetricType::Counter, std::move(read)});
}

std::string Metrics::Text() const {
  return prometheus::TextSerializer().Serialize(impl_->Collect());
}

absl::Status Metrics::Serve(const std::string& address) {
  try {
    impl_->exposer = std::make_unique<prometheus::Exposer>(address, /*num_threads=*/1);
    const int port = impl_->exposer->GetListeningPorts().at(0);
    impl_->address = absl::StrCat(address.substr(0, address.rfind(':') + 1), port);
    impl_->exposer->RegisterCollectable(impl_);
  } catch (const std::exception& error) {
    return Error(absl::StatusCode::kUnavailable, "ADDRESS_IN_USE",
                 absl::StrCat("can't serve metrics on ", address, ": is the port in use? (",
                              error.what(), ")"));
  }
  return absl::OkStatus();
}

std::string Metrics::address() const { return impl_->address; }

}  // namespace carnet::runtime
