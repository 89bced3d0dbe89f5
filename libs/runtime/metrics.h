// Figures for Prometheus. Names follow its rules (`promtool check metrics`): carnet_<what>_<unit>,
// counters end in _total, base units (seconds, bytes); help is a sentence. No label holds personal
// data or a customer.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace carnet::runtime {

using MetricLabels = std::map<std::string, std::string>;

// Handles of single series: small, copyable, valid as long as the Metrics they come from; from any
// thread.
class Counter {
 public:
  void Add(double amount = 1) const;

 private:
  friend class Metrics;
  explicit Counter(void* counter) : counter_(counter) {}
  void* counter_;
};

class Histogram {
 public:
  void Observe(double value) const;

 private:
  friend class Metrics;
  explicit Histogram(void* histogram) : histogram_(histogram) {}
  void* histogram_;
};

// All functions may be called from any thread.
class Metrics {
 public:
  Metrics();
  // Reads nothing any more when it returns; the port stays taken until the process ends. Not from
  // several threads.
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // The same name and labels give the same series; one name must always come with the same help.
  Counter AddCounter(const std::string& name, const std::string& help,
                     const MetricLabels& labels = {});
  // From 0.1 ms to 10 s, three buckets a decade.
  Histogram AddSecondsHistogram(const std::string& name, const std::string& help,
                                const MetricLabels& labels = {});

  // Values that are asked for when somebody reads them. `read` must be quick and stay callable as
  // long as this object.
  struct Sample {
    MetricLabels labels;
    double value = 0;
  };
  using Read = std::function<std::vector<Sample>()>;
  void AddGauge(const std::string& name, const std::string& help, Read read);
  void AddCounterRead(const std::string& name, const std::string& help, Read read);

  // In the text format.
  std::string Text() const;

  // Serves GET /metrics at "127.0.0.1:7412"; port 0: the kernel picks one. Error:
  // UNAVAILABLE(ADDRESS_IN_USE).
  absl::Status Serve(const std::string& address);
  // Where it is served, with the actual port; empty: nowhere.
  std::string address() const;

 private:
  struct Impl;
  const std::shared_ptr<Impl> impl_;  // shared for the HTTP server, which may only hold it weakly
};

}  // namespace carnet::runtime
