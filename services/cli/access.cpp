// `carnet access`: changes the files of keys and secrets where they lie; `token` asks carnetd.
#include <filesystem>
#include <functional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include <google/protobuf/util/time_util.h>

#include "access/access_file.h"
#include "access/durable_file.h"
#include "access/roles.h"
#include "access/secrets.h"
#include "base/error.h"
#include "carnet/v1/access_service.grpc.pb.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/table.h"
#include "cli/words.h"

namespace carnet::cli {
namespace {

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  return google::protobuf::util::TimeUtil::SecondsToTimestamp(absl::ToUnixSeconds(time));
}

// Both files, held against other programs while they are changed.
class Files {
 public:
  Files(const Session& session, const ManageAccess& command)
      : session_(session),
        keys_(command.file),
        secrets_(
            !command.secrets_file.empty()
                ? command.secrets_file
                : (std::filesystem::path(command.file).parent_path() / "access.key").string()) {}

  // Reads, calls `change`, and writes what it left; `first` makes files that are not there.
  absl::Status Change(
      bool first,
      const std::function<absl::Status(v1::AccessFile*, access::Secrets*)>& change) const {
    const auto lock = access::FolderLock::TakeFor(keys_);
    if (!lock.ok()) return lock.status();
    auto file = access::LoadAccessFile(keys_);
    auto secrets = access::LoadSecrets(secrets_);
    const bool no_file = ReasonOf(file.status()) == "ACCESS_FILE_MISSING";
    const bool no_secrets = ReasonOf(secrets.status()) == "ACCESS_SECRETS_MISSING";
    if (first && no_file) {
      file = v1::AccessFile();
      // Keys without their secrets are no keys: new secrets come only with a new file.
      if (no_secrets) {
        secrets = access::Secrets{access::Secret::Random()};
        if (absl::Status saved = access::SaveSecrets(secrets_, *secrets); !saved.ok()) return saved;
        session_.Say(absl::StrCat("made ", keys_, " and ", secrets_,
                                  "; keep the second one secret, carnetd needs both"));
      }
    }
    if (!file.ok()) return file.status();
    if (!secrets.ok()) return secrets.status();
    if (absl::Status changed = change(&*file, &*secrets); !changed.ok()) return changed;
    return access::SaveAccessFile(keys_, *file);
  }

  absl::Status SaveSecrets(const access::Secrets& secrets) const {
    return access::SaveSecrets(secrets_, secrets);
  }
  absl::StatusOr<v1::AccessFile> Load() const { return access::LoadAccessFile(keys_); }

 private:
  const Session& session_;
  const std::string keys_;
  const std::string secrets_;
};

v1::AccessKey* Find(v1::AccessFile* file, const std::string& id) {
  for (v1::AccessKey& key : *file->mutable_keys()) {
    if (key.id() == id) return &key;
  }
  return nullptr;
}

absl::Status NoSuchKey(const std::string& id) {
  return Error(absl::StatusCode::kNotFound, "ACCESS_KEY_UNKNOWN",
               absl::StrCat("there is no key ", id, ": `carnet access list` shows all"));
}

absl::StatusOr<v1::AccessKey> ScopeOf(const Session& session, const ManageAccess& command) {
  v1::AccessKey key;
  key.set_note(command.note);
  key.set_role(access::ParseRole(command.role));
  for (const std::string& merchant : command.merchants) key.add_merchants(merchant);
  const bool of_merchants = key.role() != v1::ROLE_OPERATOR && key.role() != v1::ROLE_GATEWAY;
  if (key.merchants().empty() && of_merchants) {
    const auto merchant = session.Merchant();
    if (!merchant.ok()) return merchant.status();
    key.add_merchants(*merchant);
  }
  for (const std::string& channel : command.channels) key.add_channels(channel);
  for (const std::string& kind : command.kinds) key.add_kinds(kind);
  for (const std::string& intent : command.intents) {
    key.add_intents(intent == "fact" ? v1::INTENT_FACT : v1::INTENT_REQUEST);
  }
  for (const std::string& word : command.permissions) {
    const v1::Permission permission = access::ParsePermission(word);
    if (permission == v1::PERMISSION_UNSPECIFIED) {
      return absl::InvalidArgumentError(absl::StrCat("'", word, "' is no permission"));
    }
    key.add_permissions(permission);
  }
  if (command.expires_in > absl::ZeroDuration()) {
    *key.mutable_expires_at() = ToTimestamp(absl::Now() + command.expires_in);
  }
  return key;
}

// The only time that the key is seen: alone on standard output, so that it can go into a file.
void PrintKey(const Session& session, const std::string& text, const v1::AccessKey& key) {
  session.Say(absl::StrCat("key ", key.id(), " for ", access::RoleWord(key.role()),
                           "; this is the only time it is shown"));
  session.Print(text + "\n");
}

absl::Status Add(v1::AccessKey key, const access::Secrets& secrets, v1::AccessFile* file,
                 std::string* text) {
  *text = access::MakeKey(secrets.front(), absl::Now(), &key);
  if (absl::Status checked = access::CheckKey(key); !checked.ok()) return checked;
  *file->add_keys() = std::move(key);
  return absl::OkStatus();
}

std::string StateOf(const v1::AccessKey& key) {
  if (key.has_revoked_at()) return absl::StrCat("revoked ", TimeText(key.revoked_at()));
  if (!key.has_expires_at()) return "holds";
  const bool over = key.expires_at().seconds() <= absl::ToUnixSeconds(absl::Now());
  return absl::StrCat(over ? "expired " : "until ", TimeText(key.expires_at()));
}

// What is narrower than the role.
std::string NarrowedTo(const v1::AccessKey& key) {
  std::vector<std::string> parts;
  if (!key.channels().empty()) parts.push_back(absl::StrJoin(key.channels(), "+"));
  if (!key.kinds().empty()) parts.push_back(absl::StrJoin(key.kinds(), "+"));
  for (const int intent : key.intents()) {
    parts.push_back(intent == v1::INTENT_FACT ? "facts" : "requests");
  }
  for (const int permission : key.permissions()) {
    parts.push_back(access::PermissionWord(static_cast<v1::Permission>(permission)));
  }
  return absl::StrJoin(parts, ", ");
}

absl::Status List(const Session& session, const Files& files) {
  const auto file = files.Load();
  if (!file.ok()) return file.status();
  Table table({{"KEY"}, {"ROLE"}, {"MERCHANTS"}, {"ONLY"}, {"STATE"}, {"NOTE"}});
  for (v1::AccessKey key : file->keys()) {
    if (session.json()) {
      key.clear_hash();
      session.Print(ToJson(key) + "\n");
      continue;
    }
    table.Add({key.id(), access::RoleWord(key.role()), absl::StrJoin(key.merchants(), ", "),
               NarrowedTo(key), StateOf(key), key.note()});
  }
  if (!session.json()) session.Print(table.empty() ? "No keys.\n" : table.Render());
  return absl::OkStatus();
}

absl::Status Create(const Session& session, const ManageAccess& command, const Files& files) {
  const auto scope = ScopeOf(session, command);
  if (!scope.ok()) return scope.status();
  std::string text;
  v1::AccessKey made;
  const absl::Status status =
      files.Change(/*first=*/true, [&](v1::AccessFile* file, access::Secrets* secrets) {
        absl::Status added = Add(*scope, *secrets, file, &text);
        if (added.ok()) made = *file->keys().rbegin();
        return added;
      });
  if (status.ok()) PrintKey(session, text, made);
  return status;
}

absl::Status Rotate(const Session& session, const ManageAccess& command, const Files& files) {
  std::string text;
  v1::AccessKey made;
  const absl::Status status =
      files.Change(/*first=*/false, [&](v1::AccessFile* file, access::Secrets* secrets) {
        v1::AccessKey* old = Find(file, command.id);
        if (old == nullptr) return NoSuchKey(command.id);
        v1::AccessKey scope = *old;
        scope.clear_revoked_at();
        const auto end = ToTimestamp(absl::Now() + command.grace);
        if (!old->has_expires_at() || old->expires_at().seconds() > end.seconds()) {
          *old->mutable_expires_at() = end;
        }
        absl::Status added = Add(std::move(scope), *secrets, file, &text);
        if (added.ok()) made = *file->keys().rbegin();
        return added;
      });
  if (status.ok()) PrintKey(session, text, made);
  return status;
}

absl::Status Revoke(const ManageAccess& command, const Files& files) {
  return files.Change(/*first=*/false, [&](v1::AccessFile* file, access::Secrets*) {
    v1::AccessKey* key = Find(file, command.id);
    if (key == nullptr) return NoSuchKey(command.id);
    if (!key->has_revoked_at()) *key->mutable_revoked_at() = ToTimestamp(absl::Now());
    return absl::OkStatus();
  });
}

absl::Status RotateSecret(const ManageAccess& command, const Files& files) {
  return files.Change(/*first=*/false, [&](v1::AccessFile*, access::Secrets* secrets) {
    if (command.drop_old) {
      secrets->resize(1);
    } else {
      secrets->insert(secrets->begin(), access::Secret::Random());
    }
    return files.SaveSecrets(*secrets);
  });
}

}  // namespace

absl::StatusOr<ExitCode> Run(const Session& session, const ManageAccess& command) {
  const Files files(session, command);
  absl::Status status;
  switch (command.verb) {
    case ManageAccess::Verb::kCreate:
      status = Create(session, command, files);
      break;
    case ManageAccess::Verb::kList:
      status = List(session, files);
      break;
    case ManageAccess::Verb::kRevoke:
      status = Revoke(command, files);
      break;
    case ManageAccess::Verb::kRotate:
      status = Rotate(session, command, files);
      break;
    case ManageAccess::Verb::kRotateSecret:
      status = RotateSecret(command, files);
      break;
  }
  if (!status.ok()) return status;
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> Run(const Session& session, const MakeToken& command) {
  const auto merchant = session.Merchant();
  if (!merchant.ok()) return merchant.status();
  v1::CreateTokenRequest request;
  request.set_merchant(*merchant);
  request.set_role(command.guardian ? v1::ROLE_GUARDIAN : v1::ROLE_SELF);
  for (const std::string& customer : command.customers) request.add_customers(customer);
  request.set_ttl_seconds(static_cast<int32_t>(absl::ToInt64Seconds(command.ttl)));
  const auto response = Call(session, &v1::AccessService::Stub::CreateToken, request);
  if (!response.ok()) return response.status();
  session.Print(session.json() ? ToJson(*response) + "\n" : response->token() + "\n");
  return ExitCode::kDone;
}

}  // namespace carnet::cli
