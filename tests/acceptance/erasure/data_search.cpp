#include "tests/acceptance/erasure/data_search.h"

#include <zstd.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include <google/protobuf/message.h>

#include "base/sodium.h"
#include "base/uuid.h"
#include "carnet/log/v1/card_rows.pb.h"
#include "carnet/log/v1/log.pb.h"
#include "carnet/log/v1/order_rows.pb.h"
#include "carnet/log/v1/rows.pb.h"
#include "event_log/embedded/row_encoding.h"
#include "rocksdb/db.h"
#include "rocksdb/utilities/debug.h"
#include "vault/box.h"
#include "vault/delivery_words.h"
#include "vault/key_rows.h"
#include "vault/root_key.h"

namespace carnet::acceptance {
namespace {

namespace fs = std::filesystem;

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

// Every seal anywhere in a message.
void Collect(const google::protobuf::Message& message, std::vector<v1::Sealed>* seals) {
  if (message.GetDescriptor() == v1::Sealed::descriptor()) {
    seals->push_back(static_cast<const v1::Sealed&>(message));
    return;
  }
  const auto* const reflection = message.GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const auto* field : fields) {
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    const int count = field->is_repeated() ? reflection->FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      Collect(field->is_repeated() ? reflection->GetRepeatedMessage(message, field, i)
                                   : reflection->GetMessage(message, field),
              seals);
    }
  }
}

template <typename Message>
void CollectAs(std::string_view value, std::vector<v1::Sealed>* seals) {
  Message message;
  if (message.ParseFromArray(value.data(), static_cast<int>(value.size()))) Collect(message, seals);
}

// A box without asking whether it is authentic: nonce, cipher, tag.
std::string Decrypt(std::string_view key, std::string_view box) {
  constexpr size_t kNonce = crypto_stream_xchacha20_NONCEBYTES;
  constexpr size_t kTag = 16;
  if (box.size() < kNonce + kTag) return {};
  const auto* bytes = reinterpret_cast<const unsigned char*>(box.data());
  std::string plain(box.size() - kNonce - kTag, '\0');
  crypto_stream_xchacha20_xor_ic(reinterpret_cast<unsigned char*>(plain.data()), bytes + kNonce,
                                 plain.size(), bytes, 1,
                                 reinterpret_cast<const unsigned char*>(key.data()));
  return plain;
}

}  // namespace

DataSearch::DataSearch(const std::string& data) {
  ReadFiles(data);
  ReadDatabase(data + "/keys");
  const auto root = vault::LoadRootKey(data + "/root.key");
  if (!root.ok()) {
    trouble_ += root.status().ToString();
    return;
  }
  for (const auto& [place, bytes] : bytes_) {
    if (place.find("/keys:") == std::string::npos) continue;
    // "place" is of a row: its key, a zero-length mark, its value; see Add().
    const size_t split = place.rfind('#');
    const std::string_view row = bytes;
    const size_t key_size = std::stoul(place.substr(split + 1));
    std::string_view merchant;
    std::string_view id;
    const std::string_view key = row.substr(0, key_size);
    if (key.empty() || key.front() != vault::kKeyRow || !vault::ParseRowKey(key, &merchant, &id))
      continue;
    const auto key_id = Uuid::FromBytes(id);
    if (!key_id) continue;
    const auto opened = vault::OpenRecordKey(*root, merchant, *key_id, row.substr(key_size));
    if (opened.ok()) keys_[std::string(id)] = std::string(opened->bytes());
  }
  ReadSpool(data + "/spool", *root);
  ReadSpool(data + "/leads", *root);
  ReadDatabase(data + "/log");
  for (const auto& entry : fs::recursive_directory_iterator(data + "/views")) {
    if (entry.is_directory() && fs::exists(entry.path() / "CURRENT") &&
        fs::exists(entry.path() / "FORMAT"))
      ReadDatabase(entry.path());
  }
}

void DataSearch::ReadFiles(const std::string& data) {
  for (const auto& entry : fs::recursive_directory_iterator(data)) {
    if (!entry.is_regular_file() || entry.path().filename() == "RESERVE") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    bytes_[entry.path()] = std::string(std::istreambuf_iterator<char>(in), {});
  }
}

void DataSearch::ReadDatabase(const std::string& path) {
  std::vector<std::string> names;
  rocksdb::Status status = rocksdb::DB::ListColumnFamilies(rocksdb::DBOptions(), path, &names);
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const std::string& name : names) families.emplace_back(name, rocksdb::ColumnFamilyOptions());
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  if (status.ok()) {
    status = rocksdb::DB::OpenForReadOnly(rocksdb::DBOptions(), path, families, &handles, &opened);
  }
  if (!status.ok()) {
    trouble_ += path + ": " + status.ToString() + "\n";
    return;
  }
  const std::unique_ptr<rocksdb::DB> db(opened);
  for (rocksdb::ColumnFamilyHandle* handle : handles) {
    std::vector<rocksdb::KeyVersion> versions;
    status = rocksdb::GetAllKeyVersions(db.get(), handle, rocksdb::Slice(), rocksdb::Slice(),
                                        size_t{1} << 40, &versions);
    if (!status.ok()) trouble_ += path + "/" + handle->GetName() + ": " + status.ToString() + "\n";
    size_t number = 0;
    for (const rocksdb::KeyVersion& version : versions) {
      Add(path + ":" + handle->GetName() + ":" + std::to_string(++number), version.user_key,
          version.value);
    }
  }
  std::set<std::string> live;
  std::vector<rocksdb::LiveFileMetaData> metadata;
  db->GetLiveFilesMetaData(&metadata);
  for (const auto& file : metadata) live.insert(fs::path(file.name).filename());
  for (const auto& entry : fs::directory_iterator(path)) {
    if (entry.path().extension() == ".sst" && !live.contains(entry.path().filename()))
      trouble_ += entry.path().string() + " belongs to no database\n";
  }
  for (rocksdb::ColumnFamilyHandle* handle : handles) db->DestroyColumnFamilyHandle(handle);
}

void DataSearch::Add(const std::string& place, std::string_view key, std::string_view value) {
  bytes_[place + "#" + std::to_string(key.size())] = std::string(key) + std::string(value);
  std::vector<v1::Sealed> seals;
  // Other families of the log's database have other keys. A deleted row has no value.
  if (place.find("/log:") != std::string::npos && key.size() == event_log::kRowKeyBytes &&
      !value.empty()) {
    std::string_view record_key;
    std::string_view record;
    log::v1::LogRecord parsed;
    if (event_log::ParseRowValue(value, &record_key, &record) &&
        parsed.ParseFromArray(record.data(), static_cast<int>(record.size()))) {
      Collect(parsed, &seals);
      AddDelivery(place, parsed.change());
    } else {
      trouble_ += place + " is no record of the log\n";
    }
  }
  if (place.find("/views/") != std::string::npos) {
    if (place.find(":records:") != std::string::npos) CollectAs<log::v1::RecordRow>(value, &seals);
    if (place.find(":history:") != std::string::npos) CollectAs<log::v1::HistoryRow>(value, &seals);
    if (place.find(":entries:") != std::string::npos) CollectAs<log::v1::VoucherRow>(value, &seals);
    if (place.find(":orders:") != std::string::npos) CollectAs<log::v1::OrderRow>(value, &seals);
  }
  std::string together;  // a delivery's body is sealed in pieces of base64
  v1::SealedContent content;
  for (const v1::Sealed& seal : seals) {
    const auto found = keys_.find(seal.key_id());
    if (found == keys_.end()) continue;
    const std::string text = Decrypt(found->second, seal.box());
    unsealed_[place] += text + "\n";
    if (content.ParseFromString(text)) together += content.typed();
  }
  std::string body;
  if (!together.empty() && absl::Base64Unescape(together, &body)) unsealed_[place] += body;
}

// Whoever has the files has all of its keys that are left, and knows how they are put together.
void DataSearch::AddDelivery(const std::string& place, const log::v1::Change& change) {
  if (change.delivery().box().empty()) return;
  vault::Key key(std::string_view("carnet kept delivery, version 01"));
  for (const std::string& key_id : change.delivery().key_ids()) {
    const auto found = keys_.find(key_id);
    if (found == keys_.end()) return;
    std::string mixed(vault::Key::kSize, '\0');
    crypto_generichash(reinterpret_cast<unsigned char*>(mixed.data()), mixed.size(),
                       reinterpret_cast<const unsigned char*>(found->second.data()),
                       found->second.size(), key.data(), vault::Key::kSize);
    key = vault::Key(mixed);
  }
  const std::string packed = Decrypt(key.bytes(), change.delivery().box());
  std::string plain(1 << 20, '\0');
  const std::string_view words = *vault::DeliveryWords(change.delivery().words());
  const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> zstd(ZSTD_createDCtx(),
                                                                  &ZSTD_freeDCtx);
  const size_t size =
      ZSTD_decompress_usingDict(zstd.get(), plain.data(), plain.size(), packed.data(),
                                packed.size(), words.data(), words.size());
  log::v1::DeliveryContent content;
  if (ZSTD_isError(size) || !content.ParseFromString(plain.substr(0, size))) {
    trouble_ += place + " has a delivery that does not open\n";
    return;
  }
  unsealed_[place] += "delivery " + content.body();
}

void DataSearch::ReadSpool(const std::string& folder, const vault::Key& root) {
  std::error_code none;
  for (fs::directory_iterator at(folder, none), end; !none && at != end; at.increment(none)) {
    const std::string stem = at->path().stem();
    uint64_t number = 0;
    if (!absl::SimpleAtoi(stem, &number)) continue;
    const std::string purpose = vault::AssociatedData({"carnet spool", std::to_string(number)});
    if (!vault::OpenBox(root, purpose, bytes_[at->path()], &unsealed_[at->path()]))
      trouble_ += at->path().string() + " can't be opened\n";
  }
}

std::vector<std::string> DataSearch::Find(std::string_view text) const {
  const std::string wanted = Lower(text);
  std::vector<std::string> places;
  for (const auto& [place, bytes] : bytes_) {
    if (Lower(bytes).find(wanted) != std::string::npos) places.push_back(place);
  }
  for (const auto& [place, bytes] : unsealed_) {
    if (Lower(bytes).find(wanted) != std::string::npos) places.push_back(place + " (sealed)");
  }
  return places;
}

std::vector<std::string> DataSearch::FindBytes(std::string_view bytes,
                                               std::string_view folder) const {
  std::vector<std::string> places;
  for (const auto& [place, content] : bytes_) {
    if (place.find(folder) == std::string::npos) continue;
    if (content.find(bytes) != std::string::npos) places.push_back(place);
  }
  return places;
}

}  // namespace carnet::acceptance
