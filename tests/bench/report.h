// What was measured, as a table for people or as JSON for programs.
#pragma once

#include <string>
#include <vector>

namespace carnet::bench {

struct Figure {
  std::string name;
  double number = 0;
  std::string unit;

  // Its floor: what the same machine does at the same time with nothing of Carnet in it. 0: none.
  std::string floor_name;
  double floor = 0;

  // number / floor where there is one to be compared with; the bounds are then on the ratio, else
  // on the number. Both 0: nothing is asked of it.
  double ratio = 0;
  double must = 0;
  double aim = 0;
  bool at_most = false;  // the bounds are upper ones

  // Processor time a change or call, microseconds, of the server and of its floor; 0: not known.
  double cpu_us = 0;
  double floor_cpu_us = 0;

  std::string note;
};

struct Fact {
  std::string name;
  std::string value;
};

class Report {
 public:
  // Also told on standard error, as it comes: a run takes minutes.
  void Add(const Figure& figure);
  // About machine, build and data.
  void AddFact(const std::string& name, const std::string& value);

  std::string Text() const;
  std::string Json() const;

 private:
  std::vector<Fact> facts_;
  std::vector<Figure> figures_;
};

// The middle one.
double Median(std::vector<double> values);

// "1,234,567", "12.3", "0.123": three digits that count.
std::string Number(double value);

}  // namespace carnet::bench
