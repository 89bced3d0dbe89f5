// Server streams that are worked out piece by piece, each when the one before has been taken: a
// slow reader makes them slow, never large, and no thread of gRPC's is kept for longer than a piece
// takes.
#pragma once

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "projector/moments.h"
#include "runtime/server_stream.h"

namespace carnet::projector_service {

// What a stream is made of, and the moment it is read from.
template <typename Pieces>
struct PiecesOfMoment {
  Moments::Moment moment;
  Pieces pieces;
};

// Writes pieces until `pieces.Next(&response)` says that it filled the last one.
template <typename Response, typename Pieces>
void Pull(std::shared_ptr<runtime::ServerStream<Response>> stream,
          std::shared_ptr<PiecesOfMoment<Pieces>> source) {
  Response response;
  const bool more = source->pieces.Next(&response);
  stream->Write(response, [stream, source = std::move(source), more](bool written) mutable {
    if (!written) return;
    if (more) return Pull<Response, Pieces>(std::move(stream), std::move(source));
    stream->Finish(absl::OkStatus());
  });
}

// Answers a streaming call: `begin(view, request)` gives an absl::StatusOr<Pieces>, once the views
// have reached the request's min_position. `merchant_of` as in StartRead().
template <typename Request, typename Response, typename Pieces, typename MerchantOf, typename Begin>
grpc::ServerWriteReactor<grpc::ByteBuffer>* StartPull(Moments* moments,
                                                      grpc::CallbackServerContext* context,
                                                      const grpc::ByteBuffer* in,
                                                      MerchantOf merchant_of, Begin begin) {
  using Stream = std::shared_ptr<runtime::ServerStream<Response>>;
  return runtime::StartServerStream<Request, Response>(
      moments->guard(), context, in,
      [=](const Request& request, const runtime::CallInfo& call, Stream stream) {
        const auto merchant = merchant_of(request);
        if (!merchant.ok()) return stream->Finish(merchant.status());
        moments->With(request, moments->PartitionOf(*merchant), call.deadline(),
                      [begin, &request, stream](const absl::StatusOr<Moments::Moment>& moment) {
                        if (!moment.ok()) return stream->Finish(moment.status());
                        auto pieces = begin(moment->view, request);
                        if (!pieces.ok()) return stream->Finish(pieces.status());
                        Pull<Response, Pieces>(
                            stream, std::make_shared<PiecesOfMoment<Pieces>>(
                                        PiecesOfMoment<Pieces>{*moment, *std::move(pieces)}));
                      });
      });
}

}  // namespace carnet::projector_service
