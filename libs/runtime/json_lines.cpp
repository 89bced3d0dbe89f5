#include "runtime/json_lines.h"

#include <algorithm>
#include <cstddef>
#include <memory>

#include "absl/strings/str_cat.h"
#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>

#include "base/error.h"
#include "base/fatal.h"
#include "domain/reasons.h"
#include "runtime/json_direct.h"

namespace carnet::runtime {
namespace {

using google::protobuf::Message;
using google::protobuf::util::JsonStringToMessage;

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// Where the JSON object that begins at `text[start]` ends; `start` itself if there is none, and
// then `why` says what is wrong. Looks at tokens and at the balance of brackets: what passes can
// stand beside others in an array without becoming one with them. The rest is the parser's.
size_t ObjectEnd(std::string_view text, size_t start, std::string_view* why) {
  *why = "no JSON object: {…}";
  if (start >= text.size() || text[start] != '{') return start;
  int depth = 0;
  for (size_t i = start; i < text.size();) {
    const char c = text[i];
    if (c == '"') {
      for (++i; i < text.size() && text[i] != '"'; ++i) i += text[i] == '\\' ? 1 : 0;
      ++i;
    } else if (c == '{' || c == '[') {
      ++depth;
      ++i;
    } else if (c == '}' || c == ']') {
      ++i;
      if (--depth == 0) return i;
    } else if (c == '-' || (c >= '0' && c <= '9')) {
      const size_t end = std::min(text.find_first_not_of("0123456789+-.eE", i), text.size());
      if (text.substr(i, end - i).find_first_of(".eE") != std::string_view::npos) {
        *why = "a number with a point or an exponent: write amounts as text";
        return start;
      }
      i = end;
    } else if (c == ',' || c == ':' || IsBlank(c)) {
      ++i;
    } else {
      size_t length = 0;
      for (const std::string_view word : {"true", "false", "null"}) {
        if (text.substr(i).starts_with(word)) length = word.size();
      }
      if (length == 0) {
        *why = "no JSON: names and text stand in double quotes";
        return start;
      }
      i += length;
    }
  }
  *why = "no JSON: it ends in the middle of an object";
  return start;
}

std::string_view Stripped(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

absl::Status Unparsable(std::string_view why) {
  return Error(absl::StatusCode::kInvalidArgument, domain::reason::kUnparsable, why);
}

absl::Status CheckLine(std::string_view line) {
  std::string_view why;
  const size_t end = ObjectEnd(line, 0, &why);
  if (end == 0) return Unparsable(why);
  if (end != line.size()) return Unparsable("no JSON object alone on its line");
  return absl::OkStatus();
}

// What a list is a list of.
const google::protobuf::FieldDescriptor* ElementField(const Message& list) {
  const auto* field = list.GetDescriptor()->FindFieldByNumber(1);
  CARNET_ASSERT(field != nullptr && field->is_repeated() && field->message_type() != nullptr);
  return field;
}

// Lines that may be elements, in groups: where a group can't be read, it is halved until the lines
// that are at fault stand alone, so that they don't make all others slow.
class GroupReader {
 public:
  GroupReader(Message* list, int first, std::vector<absl::Status>* statuses)
      : list_(list),
        reflection_(list->GetReflection()),
        field_(ElementField(*list)),
        first_(first),
        head_("{\"" + field_->name() + "\":["),
        statuses_(statuses) {}

  struct Line {
    size_t index = 0;
    std::string_view text;
  };

  void Read(std::span<const Line> lines) {
    if (lines.empty()) return;
    std::string text = head_;
    for (const Line& line : lines) {
      if (text.size() > head_.size()) text += ',';
      text += line.text;
    }
    text += "]}";
    Message* const read = list_->New(list_->GetArena());
    const auto status = JsonStringToMessage(text, read, {});
    if (status.ok() && reflection_->FieldSize(*read, field_) == static_cast<int>(lines.size())) {
      for (size_t i = 0; i < lines.size(); ++i) {
        Message* const element = reflection_->MutableRepeatedMessage(
            list_, field_, first_ + static_cast<int>(lines[i].index));
        element->GetReflection()->Swap(
            element, reflection_->MutableRepeatedMessage(read, field_, static_cast<int>(i)));
      }
    } else if (lines.size() > 1) {
      Read(lines.first(lines.size() / 2));
      Read(lines.subspan(lines.size() / 2));
    } else {
      (*statuses_)[lines.front().index] = WhyNot(lines.front().text);
    }
    if (list_->GetArena() == nullptr) delete read;
  }

 private:
  // Read alone, so that what is said does not speak of an array that nobody sent.
  absl::Status WhyNot(std::string_view line) const {
    const std::unique_ptr<Message> element(google::protobuf::MessageFactory::generated_factory()
                                               ->GetPrototype(field_->message_type())
                                               ->New());
    const auto status = JsonStringToMessage({line.data(), line.size()}, element.get(), {});
    const std::string detail = status.message().as_string();
    const bool unknown = detail.find("Cannot find field") != std::string::npos;
    return Error(absl::StatusCode::kInvalidArgument,
                 unknown ? domain::reason::kUnknownField : domain::reason::kUnparsable, detail);
  }

  Message* const list_;
  const google::protobuf::Reflection* const reflection_;
  const google::protobuf::FieldDescriptor* const field_;
  const int first_;  // element of the first line
  const std::string head_;
  std::vector<absl::Status>* const statuses_;
};

}  // namespace

std::vector<absl::Status> ReadJsonLines(std::span<const std::string_view> lines, Message* list) {
  const auto* const field = ElementField(*list);
  const int first = list->GetReflection()->FieldSize(*list, field);
  std::vector<absl::Status> statuses(lines.size());
  std::vector<GroupReader::Line> likely;
  likely.reserve(lines.size());
  for (size_t i = 0; i < lines.size(); ++i) {
    Message* const element = list->GetReflection()->AddMessage(list, field);
    if (ReadJsonDirectly(lines[i], element)) continue;
    element->Clear();
    const std::string_view line = Stripped(lines[i]);
    statuses[i] = CheckLine(line);
    if (statuses[i].ok()) likely.push_back({i, line});
  }
  GroupReader(list, first, &statuses).Read(likely);
  return statuses;
}

namespace {

// What protobuf makes of all elements of a list at once, each by itself.
std::vector<std::string> WriteTogether(const Message& list, int count) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string all;
  CARNET_ASSERT(google::protobuf::util::MessageToJsonString(list, &all, options).ok());
  std::vector<std::string> texts;
  size_t at = all.find('[') + 1;  // of the one field that is printed
  for (int i = 0; i < count; ++i) {
    std::string_view why;
    const size_t end = ObjectEnd(all, at, &why);
    CARNET_ASSERT(end > at);
    texts.push_back(all.substr(at, end - at));
    at = end + 1;  // and the comma
  }
  return texts;
}

}  // namespace

std::string WriteJsonLines(const Message& list) {
  const auto* const field = ElementField(list);
  const auto* const access = list.GetReflection();
  const int count = access->FieldSize(list, field);
  std::vector<std::string> texts(static_cast<size_t>(count));
  std::vector<size_t> left;
  const std::unique_ptr<Message> rest(list.New());
  size_t size = 0;
  for (int i = 0; i < count; ++i) {
    std::string& text = texts[static_cast<size_t>(i)];
    const Message& element = access->GetRepeatedMessage(list, field, i);
    if (!WriteJsonDirectly(element, &text)) {
      left.push_back(static_cast<size_t>(i));
      access->AddMessage(rest.get(), field)->CopyFrom(element);
    }
    size += text.size() + 1;
  }
  if (!left.empty()) {
    auto written = WriteTogether(*rest, static_cast<int>(left.size()));
    for (size_t i = 0; i < left.size(); ++i) texts[left[i]] = std::move(written[i]);
  }
  std::string lines;
  lines.reserve(size);
  for (const std::string& text : texts) lines.append(text).push_back('\n');
  return lines;
}

}  // namespace carnet::runtime
