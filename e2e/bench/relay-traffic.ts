// The stream that every part of the relay benchmark carries: 2.5 Mbit/s, 30 messages a second, each cut into four frames.

export const MESSAGES_PER_SECOND = 30;
export const FRAMES_PER_MESSAGE = 4;
/** Payload of one frame. */
export const FRAME_BYTES = 2_605;
export const MESSAGE_BYTES = FRAME_BYTES * FRAMES_PER_MESSAGE;
export const BITS_PER_SECOND = MESSAGE_BYTES * MESSAGES_PER_SECOND * 8;
