/**
 * node-datachannel (libdatachannel) on demand: only programs that link to peers load it, so a supernode runs where it has no build.
 *
 * Its objects must be held until they have said that they are closed, and have to be listened to for that: one that is collected
 * before leaves its callbacks behind, which crash the process or keep it alive. Then nothing is left to clean up at the end; its
 * own `cleanup()` and `initLogger()` are not used.
 */
type Library = typeof import('node-datachannel');

/** WebRTC cannot be had on this machine. `message` says what to do. */
class WebRtcLibraryError extends Error {
  override readonly name = 'WebRtcLibraryError';
}

/** Throws {@link WebRtcLibraryError} if there is no build of it for this system. */
export async function loadWebRtc(): Promise<Library> {
  try {
    return await import('node-datachannel');
  } catch (cause) {
    throw new WebRtcLibraryError(
      `WebRTC is not to be had on ${process.platform}-${process.arch}: node-datachannel has no build for it. Use Linux, macOS or Windows on x64 or arm64; pages and supernodes work here all the same.`,
      { cause },
    );
  }
}
