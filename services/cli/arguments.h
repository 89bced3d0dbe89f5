// What was asked for on the command line: plain values, so that commands know nothing of parsing.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace carnet::cli {

enum class Output {
  kTable,  // for people
  kJson,   // for programs: protobuf JSON, one object a line
};

// Options that every command takes.
struct CommonOptions {
  std::string address = "127.0.0.1:7411";
  std::string merchant;
  Output output = Output::kTable;
  absl::Duration timeout = absl::Seconds(10);
  std::string min_position;  // text of a Token (position.h), or empty

  std::string key_file;          // a file with a key or token in it; empty: CARNET_API_KEY, or none
  bool tls = false;              // also when one of the next three is given
  std::string ca_file;           // roots of the server's certificate; empty: the system's
  std::string certificate_file;  // the client's own, where the server wants one
  std::string certificate_key_file;
};

struct Publish {
  std::vector<std::string> files;  // "-": standard input
  bool wait = false;               // for the outcomes
  bool results = false;            // print one line for each change
  int chunk = 500;                 // changes a message, 1 to 10,000
};
struct ShowCustomer {
  std::string customer;
};
struct ListCustomers {
  int64_t limit = 0;  // 0: all
};
struct LookupCustomers {
  // Exactly one of the three is set.
  std::string external_id;  // CHANNEL/SOURCE/ID
  std::string phone;
  std::string email;
  std::string country;  // of `phone`
};
// Which customers; what is empty asks nothing.
struct FilterWords {
  std::string type;  // consumer, company
  std::string role;  // none, collaborator, agent
  std::string channel;
  std::string tag;
  std::string unit;         // of the two amounts
  std::string min_balance;  // decimal text
  std::string max_balance;
  std::string bought_since;  // YYYY-MM-DD
  std::string not_bought_since;
  std::string consent;  // purpose
  std::string company;  // customers/ID, or the ID alone
  std::string person;   // assigned to
  std::string team;
  bool incomplete = false;
  bool archived = false;
};
struct SearchCustomers {
  std::string query;
  std::string order = "name";  // name, balance, bought, last-purchase
  bool descending = false;
  FilterWords filter;
  int64_t limit = 100;  // 0: all
};
struct RankCustomers {
  std::string from;
  std::string to;
  std::string unit;
  bool net = false;
  int64_t limit = 20;
};
struct ExplainCustomer {
  std::string customer;
  std::string field;     // empty: all
  bool history = false;  // by change instead of by field
};
struct WriteCustomer {
  std::string customer;             // empty: a new one
  std::string external_id;          // of a new one; may be empty
  std::string contact;              // JSON of a Contact, or "-": it is on standard input
  std::vector<std::string> fields;  // the mask
  std::string etag;
};
struct RevertField {
  std::string customer;
  std::string field;
  uint64_t change = 0;
};
struct DuplicateCustomer {
  std::string customer;
};
struct ArchiveCustomer {
  std::string customer;
  bool keep_balance = false;
  bool restore = false;
};
struct RecordConsent {
  // Exactly one of the two is set.
  std::string email;
  std::string phone;
  std::string purpose;
  bool withdraw = false;
  std::string how;
  std::string place;
};
struct LinkCustomer {
  std::string customer;
  std::string other;
  bool preview = false;
};
struct UnlinkCustomer {
  std::string customer;
  std::string other;
  bool preview = false;
};
struct DistinguishCustomer {
  std::string customer;
  std::string other;
};
struct ListSuggestions {
  std::string customer;
  int32_t limit = 0;  // 0: as many as the server thinks right
};
struct EraseCustomer {
  std::string customer;
  std::string etag;
  bool yes = false;  // there is no way back
};
struct ExportCustomers {
  std::string file;
  std::string query;
  FilterWords filter;
};
struct ImportCustomers {
  std::string file;
  bool preview = false;
  std::string source;
};
struct ShowPolicy {};
struct SetPolicy {
  std::string policy;               // JSON of a MerchantPolicy
  std::vector<std::string> fields;  // the mask
  std::string etag;
};
// Dates are YYYY-MM-DD as typed, or empty; the server says what is wrong with one.
struct ShowBalance {
  std::string customer;
  std::string unit;
  bool own_record_only = false;
  std::string as_of;  // effective
  std::string known;  // recorded
};
struct ShowVoucher {
  std::string code;    // or the voucher's name, merchants/{merchant}/vouchers/{number}
  std::string source;  // empty: a generated code
};
struct ListVouchers {
  std::string customer;            // empty: all of the merchant
  std::vector<std::string> kinds;  // "sale", "supplier-payment"; none: all
  std::string status;              // posted, reversed or empty
  std::string from;
  std::string to;
  std::string code;
  std::string source;
  int64_t limit = 100;  // 0: all
};
struct ShowStatement {
  std::string customer;
  std::string unit;
  bool payable = false;
  std::string from;
  std::string to;
  std::string known;
  bool own_record_only = false;
  bool csv = false;
};
struct ShowSums {
  std::vector<std::string> accounts;  // none: money, which is takings
  std::string from;
  std::string to;
  std::string known;
  std::string period = "day";  // or month, all
  std::string unit;
  std::string source;
  bool by_source = false;
};
struct ShowTrialBalance {
  std::string as_of;
  std::string known;
  std::string unit;
};
struct ExplainFigure {
  std::string customer;  // empty: an account of the merchant's own
  std::string account;
  std::string unit;
  std::string from;
  std::string to;
  std::string known;
  std::string source;
  bool own_record_only = false;
  int64_t limit = 100;  // 0: all
};
struct VerifyBooks {};
struct ShowOutcome {
  std::string change_id;
};
struct Subscribe {
  uint64_t from = 0;
  uint32_t epoch = 0;
  bool snapshot = false;
  std::vector<std::string> kinds;
  int64_t count = 0;  // events; 0: until interrupted
};
struct ShowStatus {
  absl::Duration wait = absl::ZeroDuration();  // until the server says that it serves
};
struct ListDeadLetters {
  bool untrusted = false;  // records without a trusted merchant
  int64_t limit = 100;     // 0: all
};
struct ShowDeadLetter {
  std::string change_id;
  bool raw = false;  // the body alone, byte for byte
};
struct ShowDelivery {
  std::string change_id;
  bool raw = false;  // the body alone, byte for byte
};
struct DropDeliveries {
  std::string before;  // YYYY-MM-DD
};
struct TryIdentity {
  std::string events;       // JSON lines
  std::string clusters;     // CSV to write; empty: none
  std::string suggestions;  // likewise
};
struct TryChannel {
  std::string channel;
  std::vector<std::string> files;
  std::vector<std::string> topics;  // none, one for all files, or one for each
  std::string source;
  std::string country;
  std::vector<std::string> headers;  // "Name: value"
};
// A till and its queue on disk.
struct Till {
  enum class Verb { kAdd, kSell, kContact, kSync, kReport, kDrop };
  Verb verb = Verb::kReport;
  std::string queue = "till-queue.jsonl";
  std::vector<std::string> files;  // kAdd; "-": standard input
  std::vector<std::string> ids;    // kDrop
  int chunk = 500;                 // kSync: changes a message, 1 to 10,000
  int64_t keep = 1000;             // kSync: so many that count stay in the file
  bool all = false;                // kReport: what waits or counts without a word, too
  // kSell, kContact
  std::string channel = "pos";
  std::string source;
  std::string customer;  // external id
  std::string actor;
  std::string at;  // RFC 3339; empty: now
  std::string name;
  std::string phone;
  std::string email;
  // kSell
  std::string kind = "sale";
  std::string code;
  std::string unit;
  std::string total;
  std::vector<std::string> tenders;  // METHOD=AMOUNT; none: all of it in cash
};
// What `carnet access` does to the files of keys and secrets.
struct ManageAccess {
  enum class Verb { kCreate, kList, kRevoke, kRotate, kRotateSecret };
  Verb verb = Verb::kList;
  std::string file = "access.json";
  std::string secrets_file;  // empty: access.key beside `file`
  std::string id;            // kRevoke, kRotate
  // kCreate
  std::string role;
  std::vector<std::string> merchants;  // empty: that of the common options
  std::vector<std::string> channels;
  std::vector<std::string> kinds;
  std::vector<std::string> intents;
  std::vector<std::string> permissions;
  std::string note;
  absl::Duration expires_in = absl::ZeroDuration();  // zero: never
  absl::Duration grace = absl::Hours(24);            // kRotate
  bool drop_old = false;                             // kRotateSecret
};
struct MakeToken {
  std::vector<std::string> customers;
  bool guardian = false;
  absl::Duration ttl = absl::ZeroDuration();  // zero: the server's usual
};
// A Kafka, for the commands that speak to it themselves.
struct KafkaOptions {
  std::string brokers = "127.0.0.1:9092";
  std::string topic = "carnet.changes.v1";
  std::string keys_topic = "carnet.keys.v1";
  bool development = false;
  std::vector<std::string> properties;  // name=value
};
struct InitLog {
  KafkaOptions kafka;
  int partitions = 0;
  int replicas = 3;
};
struct ListStops {};
struct ListQuarantined {};
struct ResumePartition {
  int partition = 0;
};
struct QuarantineRecord {
  int partition = 0;
  int64_t offset = 0;
  std::string record_hash;
  std::string note;
};
// A log and its keys, wherever they stand, into a new log. A place is a data folder of carnetd, or
// kafka://BROKERS[/TOPIC[/KEYS-TOPIC]].
struct CopyLog {
  std::string from;
  std::string to;
  int partitions = 0;  // of the new log; 0: as many as the old one has
  int replicas = 3;
  std::string root_key_file;  // empty: root.key in the folder that is copied from, or to
  bool development = false;
  std::vector<std::string> properties;  // name=value, of whichever is a Kafka
};
struct PrintText {
  std::string text;  // --help, --version, completion: nothing else to do
};

using Command =
    std::variant<Publish, ShowCustomer, ListCustomers, LookupCustomers, SearchCustomers,
                 RankCustomers, ExplainCustomer, WriteCustomer, RevertField, DuplicateCustomer,
                 ArchiveCustomer, RecordConsent, LinkCustomer, UnlinkCustomer, DistinguishCustomer,
                 ListSuggestions, EraseCustomer, ExportCustomers, ImportCustomers, ShowPolicy,
                 SetPolicy, ShowBalance, ShowVoucher, ListVouchers, ShowStatement, ShowSums,
                 ShowTrialBalance, ExplainFigure, VerifyBooks, ShowOutcome, Subscribe, ShowStatus,
                 ListDeadLetters, ShowDeadLetter, ShowDelivery, DropDeliveries, TryIdentity,
                 TryChannel, Till, ManageAccess, MakeToken, InitLog, CopyLog, ListStops,
                 ListQuarantined, ResumePartition, QuarantineRecord, PrintText>;

struct Arguments {
  CommonOptions common;
  Command command;
};

// "90d", "12h", "15m", "30s"; false for anything else.
bool ParseAge(std::string_view text, absl::Duration* age);

// Reads the command line; CARNET_ADDRESS, CARNET_MERCHANT, CARNET_KEY_FILE, CARNET_CA,
// CARNET_CERTIFICATE and CARNET_CERTIFICATE_KEY stand in for options that are not given. Error:
// INVALID_ARGUMENT with what is wrong and how it is written.
absl::StatusOr<Arguments> ParseArguments(int argc, const char* const* argv);

}  // namespace carnet::cli
