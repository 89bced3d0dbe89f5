// E-mail addresses: two normal forms and who answers them.
#pragma once

#include <string>
#include <string_view>

namespace carnet::vault {

// What the check of an e-mail found.
enum class EmailKind {
  kInvalid,  // not of the form of an address
  kBlocked,  // a placeholder that tills type to get past the field (nomail@…)
  kRole,     // the mailbox of a role (info@…)
  kRelay,    // made by a marketplace for one order or one buyer and seller
  kOwn,      // anything else
};

struct NormalEmail {
  EmailKind kind = EmailKind::kInvalid;
  // Lower case, domain in its ASCII form: finds an address again. Empty for kInvalid.
  std::string exact;
  // The same mailbox however it is written: without +tag, Gmail's without dots and at gmail.com.
  // Identifies, so only for kOwn; empty otherwise.
  std::string canonical;
};

// Both forms are idempotent: they give themselves. Thread-safe.
NormalEmail NormalizeEmail(std::string_view typed);

}  // namespace carnet::vault
