#include "cli/line_reader.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace carnet::cli {
namespace {

constexpr size_t kReadBytes = size_t{256} << 10;

std::string ErrnoText() { return std::strerror(errno); }

}  // namespace

LineReader::LineReader(std::vector<std::string> files, int stop_fd)
    : files_(std::move(files)), stop_fd_(stop_fd) {}

LineReader::~LineReader() {
  if (fd_ > STDIN_FILENO) close(fd_);
  close(stop_fd_);
}

absl::StatusOr<std::unique_ptr<LineReader>> LineReader::Open(std::vector<std::string> files) {
  for (const std::string& file : files) {
    if (file != "-" && access(file.c_str(), R_OK) != 0) {
      return absl::NotFoundError(
          absl::StrCat("can't read ", file, ": ", ErrnoText(), "; nothing was published"));
    }
  }
  const int stop_fd = eventfd(0, EFD_CLOEXEC);
  if (stop_fd < 0) return absl::InternalError("eventfd: " + ErrnoText());
  return std::unique_ptr<LineReader>(new LineReader(std::move(files), stop_fd));
}

void LineReader::Stop() { eventfd_write(stop_fd_, 1); }

bool LineReader::Ready() {
  if (buffer_.find('\n', start_) != std::string::npos) return true;
  if (fd_ < 0 || at_end_) return next_file_ < files_.size() && files_[next_file_] != "-";
  pollfd poll_fd = {.fd = fd_, .events = POLLIN, .revents = 0};
  return poll(&poll_fd, 1, 0) > 0;
}

absl::Status LineReader::OpenNextFile() {
  file_ = files_[next_file_++];
  number_ = 0;
  at_end_ = false;
  if (file_ == "-") {
    file_ = "stdin";
    fd_ = STDIN_FILENO;
    return absl::OkStatus();
  }
  fd_ = open(file_.c_str(), O_RDONLY | O_CLOEXEC);
  return fd_ >= 0 ? absl::OkStatus() : CantRead();
}

absl::Status LineReader::CantRead() const {
  return absl::UnavailableError(absl::StrCat("can't read ", file_, ": ", ErrnoText()));
}

absl::Status LineReader::Fill() {
  pollfd poll_fds[2] = {{.fd = fd_, .events = POLLIN, .revents = 0},
                        {.fd = stop_fd_, .events = POLLIN, .revents = 0}};
  while (poll(poll_fds, 2, -1) < 0 && errno == EINTR) {
  }
  buffer_.erase(0, std::exchange(start_, 0));
  if (poll_fds[1].revents != 0) {
    next_file_ = files_.size();
    buffer_.clear();
    at_end_ = true;
    return absl::OkStatus();
  }
  const size_t before = buffer_.size();
  buffer_.resize(before + kReadBytes);
  ssize_t got = 0;
  while ((got = read(fd_, buffer_.data() + before, kReadBytes)) < 0 && errno == EINTR) {
  }
  buffer_.resize(before + (got > 0 ? static_cast<size_t>(got) : 0));
  at_end_ = got == 0;
  return got < 0 ? CantRead() : absl::OkStatus();
}

bool LineReader::TakeLine(Line* line) {
  const size_t newline = buffer_.find('\n', start_);
  const size_t length = std::min(newline, buffer_.size()) - start_;
  too_long_ = too_long_ || length > kMaxLineBytes;
  if (newline == std::string::npos && (!at_end_ || (length == 0 && !too_long_))) {
    if (too_long_) buffer_.resize(start_);  // nobody will read it
    return false;
  }
  line->too_long = std::exchange(too_long_, false);
  line->text.assign(buffer_, start_, line->too_long ? 0 : length);
  line->file = file_;
  line->number = ++number_;
  start_ = std::min(start_ + length + 1, buffer_.size());
  return true;
}

absl::StatusOr<bool> LineReader::Next(Line* line) {
  while (true) {
    if (fd_ < 0) {
      if (next_file_ == files_.size()) return false;
      if (absl::Status opened = OpenNextFile(); !opened.ok()) return opened;
    }
    if (TakeLine(line)) return true;
    if (at_end_) {
      if (fd_ > STDIN_FILENO) close(fd_);
      fd_ = -1;
    } else if (absl::Status filled = Fill(); !filled.ok()) {
      return filled;
    }
  }
}

}  // namespace carnet::cli
