#pragma once

namespace bypuls::ingest::codecs {

/// The whole life of a worker process: takes the socket CodecHost left at descriptor 3, closes everything else, starts
/// the engine, shuts itself in and answers requests until the socket closes. Returns the exit code; prints nothing.
///
/// `bypuls codec-worker` calls this before anything else of the program is set up: no thread, no configuration.
int codec_worker_main();

}  // namespace bypuls::ingest::codecs
