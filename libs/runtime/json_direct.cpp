#include "runtime/json_direct.h"

#include <charconv>
#include <cstdint>
#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/stubs/common.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/util/time_util.h>

namespace carnet::runtime {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr int kMaxDepth = 32;
constexpr int kMaxFields = 128;  // of one message

bool IsTimestamp(const Descriptor* type) {
  return type == google::protobuf::Timestamp::descriptor();
}

// Types with a JSON form of their own.
bool IsWellKnown(const Descriptor* type) { return type->file()->package() == "google.protobuf"; }

class Reader {
 public:
  explicit Reader(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool ReadWhole(Message* message) {
    SkipBlanks();
    if (!ReadMessage(message, 0)) return false;
    SkipBlanks();
    return at_ == end_;
  }

 private:
  void SkipBlanks() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\r' || *at_ == '\n')) ++at_;
  }

  bool Take(char c) {
    SkipBlanks();
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  bool TakeWord(std::string_view word) {
    if (!std::string_view(at_, static_cast<size_t>(end_ - at_)).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  bool ReadMessage(Message* message, int depth) {
    if (depth > kMaxDepth || !Take('{')) return false;
    if (Take('}')) return true;
    // Once: each time passes the once-flag of the message's file.
    const Descriptor& type = *message->GetDescriptor();
    const Reflection& access = *message->GetReflection();
    uint64_t seen[kMaxFields / 64] = {};
    int likely = 0;
    do {
      SkipBlanks();
      if (!ReadString(&name_) || !Take(':')) return false;
      const FieldDescriptor* const field = FieldOf(type, name_, likely);
      if (field == nullptr || field->index() >= kMaxFields) return false;
      likely = field->index() + 1;
      uint64_t& word = seen[field->index() / 64];
      const uint64_t bit = uint64_t{1} << (field->index() % 64);
      if ((word & bit) != 0) return false;
      word |= bit;
      if (const auto* oneof = field->real_containing_oneof();
          oneof != nullptr && access.HasOneof(*message, oneof)) {
        return false;
      }
      SkipBlanks();
      if (!(field->is_repeated() ? ReadArray(message, access, field, depth)
                                 : ReadValue(message, access, field, depth))) {
        return false;
      }
    } while (Take(','));
    return Take('}');
  }

  // Senders write fields in their order: the one that is wanted is `likely`, or soon behind it.
  static const FieldDescriptor* FieldOf(const Descriptor& type, const std::string& name,
                                        int likely) {
    for (int i = likely; i < type.field_count(); ++i) {
      if (type.field(i)->name() == name) return type.field(i);
    }
    const FieldDescriptor* const field = type.FindFieldByName(name);
    return field != nullptr ? field : type.FindFieldByCamelcaseName(name);
  }

  bool ReadArray(Message* message, const Reflection& access, const FieldDescriptor* field,
                 int depth) {
    if (field->is_map() || !Take('[')) return false;
    if (Take(']')) return true;
    do {
      SkipBlanks();
      if (!ReadValue(message, access, field, depth)) return false;
    } while (Take(','));
    return Take(']');
  }

  bool ReadValue(Message* message, const Reflection& access, const FieldDescriptor* field,
                 int depth) {
    const bool many = field->is_repeated();
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE: {
        if (IsWellKnown(field->message_type()) && !IsTimestamp(field->message_type())) return false;
        if (at_ == end_ || (*at_ != '{' && *at_ != '"')) return false;  // null
        Message* const value =
            many ? access.AddMessage(message, field) : access.MutableMessage(message, field);
        return IsTimestamp(field->message_type()) ? ReadTimestamp(value)
                                                  : ReadMessage(value, depth + 1);
      }
      case FieldDescriptor::CPPTYPE_STRING: {
        std::string text;
        if (field->type() != FieldDescriptor::TYPE_STRING || !ReadString(&text)) return false;
        if (many) {
          access.AddString(message, field, std::move(text));
        } else {
          access.SetString(message, field, std::move(text));
        }
        return true;
      }
      case FieldDescriptor::CPPTYPE_ENUM: {
        if (!ReadString(&word_)) return false;
        const auto* const value = field->enum_type()->FindValueByName(word_);
        if (value == nullptr) return false;
        if (many) {
          access.AddEnum(message, field, value);
        } else {
          access.SetEnum(message, field, value);
        }
        return true;
      }
      case FieldDescriptor::CPPTYPE_BOOL: {
        const bool value = TakeWord("true");
        if ((!value && !TakeWord("false")) || many) return false;
        access.SetBool(message, field, value);
        return true;
      }
      case FieldDescriptor::CPPTYPE_INT32:
        return ReadInteger<int32_t>(message, access, field, &Reflection::SetInt32);
      case FieldDescriptor::CPPTYPE_UINT32:
        return ReadInteger<uint32_t>(message, access, field, &Reflection::SetUInt32);
      case FieldDescriptor::CPPTYPE_INT64:
        return ReadInteger<int64_t>(message, access, field, &Reflection::SetInt64);
      case FieldDescriptor::CPPTYPE_UINT64:
        return ReadInteger<uint64_t>(message, access, field, &Reflection::SetUInt64);
      default:
        return false;
    }
  }

  bool ReadTimestamp(Message* value) {
    return ReadString(&word_) && google::protobuf::util::TimeUtil::FromString(
                                     word_, static_cast<google::protobuf::Timestamp*>(value));
  }

  // 12 or "12".
  template <typename Number>
  bool ReadInteger(Message* message, const Reflection& access, const FieldDescriptor* field,
                   void (Reflection::*set)(Message*, const FieldDescriptor*, Number) const) {
    if (field->is_repeated()) return false;
    const bool quoted = at_ < end_ && *at_ == '"';
    if (quoted) ++at_;
    const char* const digits = at_ + (at_ < end_ && *at_ == '-' ? 1 : 0);
    if (digits + 1 < end_ && *digits == '0' && digits[1] >= '0' && digits[1] <= '9') return false;
    Number number = 0;
    const auto [next, error] = std::from_chars(at_, end_, number);
    if (error != std::errc()) return false;
    at_ = next;
    if (quoted && (at_ == end_ || *at_++ != '"')) return false;
    // A point or an exponent follows: not ours.
    if (!quoted && at_ < end_ && *at_ != ',' && *at_ != '}' && *at_ != ' ') return false;
    (access.*set)(message, field, number);
    return true;
  }

  bool ReadString(std::string* text) {
    if (at_ == end_ || *at_ != '"') return false;
    const char* const start = ++at_;
    bool ascii = true;
    while (at_ < end_ && *at_ != '"' && *at_ != '\\') {
      const auto c = static_cast<unsigned char>(*at_);
      if (c < 0x20) return false;
      ascii = ascii && c < 0x80;
      ++at_;
    }
    text->assign(start, at_);
    while (at_ < end_ && *at_ != '"') {
      const auto c = static_cast<unsigned char>(*at_);
      if (c < 0x20) return false;
      ascii = ascii && c < 0x80;
      if (c == '\\') {
        if (!ReadEscape(text)) return false;
      } else {
        text->push_back(*at_++);
      }
    }
    if (at_ == end_) return false;
    ++at_;
    return ascii || google::protobuf::internal::IsStructurallyValidUTF8(
                        text->data(), static_cast<int>(text->size()));
  }

  // \uXXXX only below the surrogates and above ASCII's controls: the rest is rare.
  bool ReadEscape(std::string* text) {
    if (end_ - at_ < 2) return false;
    const char c = at_[1];
    at_ += 2;
    switch (c) {
      case '"':
      case '\\':
      case '/':
        text->push_back(c);
        return true;
      case 'n':
        text->push_back('\n');
        return true;
      case 't':
        text->push_back('\t');
        return true;
      case 'r':
        text->push_back('\r');
        return true;
      case 'u': {
        uint32_t code = 0;
        if (end_ - at_ < 4) return false;
        const auto [next, error] = std::from_chars(at_, at_ + 4, code, 16);
        if (error != std::errc() || next != at_ + 4 || code < 0x20) return false;
        if (code >= 0xd800 && code < 0xe000) return false;
        at_ += 4;
        AppendUtf8(code, text);
        return true;
      }
      default:
        return false;
    }
  }

  // Below U+10000.
  static void AppendUtf8(uint32_t code, std::string* text) {
    if (code < 0x80) {
      text->push_back(static_cast<char>(code));
      return;
    }
    if (code < 0x800) {
      text->push_back(static_cast<char>(0xc0 | code >> 6));
    } else {
      text->push_back(static_cast<char>(0xe0 | code >> 12));
      text->push_back(static_cast<char>(0x80 | (code >> 6 & 0x3f)));
    }
    text->push_back(static_cast<char>(0x80 | (code & 0x3f)));
  }

  const char* at_;
  const char* const end_;
  std::string name_;  // kept for their room
  std::string word_;
};

class Writer {
 public:
  explicit Writer(std::string* out) : out_(out) {}

  bool WriteMessage(const Message& message) {
    if (IsWellKnown(message.GetDescriptor())) return false;
    std::vector<const FieldDescriptor*> fields;
    const Reflection& access = *message.GetReflection();
    access.ListFields(message, &fields);
    out_->push_back('{');
    for (const FieldDescriptor* field : fields) {
      if (field != fields.front()) out_->push_back(',');
      *out_ += '"';
      *out_ += field->name();
      *out_ += "\":";
      if (!(field->is_repeated() ? WriteArray(message, access, field)
                                 : WriteValue(message, access, field, -1))) {
        return false;
      }
    }
    out_->push_back('}');
    return true;
  }

 private:
  bool WriteArray(const Message& message, const Reflection& access, const FieldDescriptor* field) {
    if (field->is_map()) return false;
    out_->push_back('[');
    const int count = access.FieldSize(message, field);
    for (int i = 0; i < count; ++i) {
      if (i > 0) out_->push_back(',');
      if (!WriteValue(message, access, field, i)) return false;
    }
    out_->push_back(']');
    return true;
  }

  // `index`: -1 of what is not repeated.
  bool WriteValue(const Message& message, const Reflection& access, const FieldDescriptor* field,
                  int index) {
    const bool many = index >= 0;
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return WriteMessage(many ? access.GetRepeatedMessage(message, field, index)
                                 : access.GetMessage(message, field));
      case FieldDescriptor::CPPTYPE_STRING: {
        if (field->type() != FieldDescriptor::TYPE_STRING) return false;
        std::string scratch;
        return WriteString(many ? access.GetRepeatedStringReference(message, field, index, &scratch)
                                : access.GetStringReference(message, field, &scratch));
      }
      case FieldDescriptor::CPPTYPE_ENUM: {
        const int number = many ? access.GetRepeatedEnumValue(message, field, index)
                                : access.GetEnumValue(message, field);
        const auto* const value = field->enum_type()->FindValueByNumber(number);
        if (value == nullptr) return false;
        *out_ += '"';
        *out_ += value->name();
        *out_ += '"';
        return true;
      }
      case FieldDescriptor::CPPTYPE_BOOL:
        if (many) return false;
        *out_ += access.GetBool(message, field) ? "true" : "false";
        return true;
      case FieldDescriptor::CPPTYPE_INT32:
        if (many) return false;
        *out_ += std::to_string(access.GetInt32(message, field));
        return true;
      case FieldDescriptor::CPPTYPE_UINT32:
        if (many) return false;
        *out_ += std::to_string(access.GetUInt32(message, field));
        return true;
      case FieldDescriptor::CPPTYPE_INT64:
        if (many) return false;
        return WriteString(std::to_string(access.GetInt64(message, field)));
      case FieldDescriptor::CPPTYPE_UINT64:
        if (many) return false;
        return WriteString(std::to_string(access.GetUInt64(message, field)));
      default:
        return false;
    }
  }

  bool WriteString(std::string_view text) {
    for (const char c : text) {
      if (static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\') return false;
    }
    if (!google::protobuf::internal::IsStructurallyValidUTF8(text.data(),
                                                             static_cast<int>(text.size()))) {
      return false;
    }
    *out_ += '"';
    *out_ += text;
    *out_ += '"';
    return true;
  }

  std::string* const out_;
};

}  // namespace

bool ReadJsonDirectly(std::string_view text, Message* message) {
  return Reader(text).ReadWhole(message);
}

bool WriteJsonDirectly(const Message& message, std::string* out) {
  const size_t before = out->size();
  if (Writer(out).WriteMessage(message)) return true;
  out->resize(before);
  return false;
}

}  // namespace carnet::runtime
