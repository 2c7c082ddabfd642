'use strict';

/**
 * The framing of the worker protocol: `u32 length · u8 kind · u32 id · body`, big endian, where the
 * length counts everything that follows it. Pure: bytes in, frames out.
 */

const KIND = Object.freeze({
  specialise: 1,
  invoke: 2,
  reply: 3,
  replyError: 4,
  ready: 16,
  specialised: 17,
  specialiseFailed: 18,
  result: 19,
  failed: 20,
  call: 21,
  log: 22,
});

const LENGTH_BYTES = 4;
const HEADER_BYTES = 9;
const HEADER_AFTER_LENGTH = HEADER_BYTES - LENGTH_BYTES;
const MAXIMUM_FRAME_BYTES = 64 * 1024 * 1024;

class FrameError extends Error {}

/**
 * Cuts a byte stream into frames. `onFrame(kind, id, buffer, start, end)` gets a view that is valid
 * only during the call: the reader's memory is used again for the next bytes.
 */
class FrameReader {
  constructor(onFrame) {
    this.onFrame = onFrame;
    // Bytes of a frame that has not arrived completely, and how many of them there are.
    this.partial = null;
    this.partialLength = 0;
  }

  push(chunk, length) {
    let start = 0;
    if (this.partial !== null) start = this.completePartial(chunk, length);
    if (start < 0) return;
    while (length - start >= LENGTH_BYTES) {
      const size = frameSize(chunk, start);
      if (length - start < size) break;
      this.onFrame(chunk[start + 4], chunk.readUInt32BE(start + 5), chunk, start + HEADER_BYTES, start + size);
      start += size;
    }
    if (start < length) this.keep(chunk, start, length);
  }

  /** Adds bytes to the frame that is being put together; answers where the next frame starts, or -1. */
  completePartial(chunk, length) {
    let used = 0;
    if (this.partialLength < LENGTH_BYTES) {
      used = Math.min(LENGTH_BYTES - this.partialLength, length);
      chunk.copy(this.partial, this.partialLength, 0, used);
      this.partialLength += used;
      if (this.partialLength < LENGTH_BYTES) return -1;
    }
    const size = frameSize(this.partial, 0);
    if (this.partial.length < size) this.partial = grown(this.partial, this.partialLength, size);
    const more = Math.min(size - this.partialLength, length - used);
    chunk.copy(this.partial, this.partialLength, used, used + more);
    this.partialLength += more;
    used += more;
    if (this.partialLength < size) return -1;
    const frame = this.partial;
    this.partial = null;
    this.partialLength = 0;
    this.onFrame(frame[4], frame.readUInt32BE(5), frame, HEADER_BYTES, size);
    return used;
  }

  keep(chunk, start, length) {
    const rest = length - start;
    const size = rest >= LENGTH_BYTES ? frameSize(chunk, start) : HEADER_BYTES;
    this.partial = Buffer.allocUnsafeSlow(Math.max(size, HEADER_BYTES));
    chunk.copy(this.partial, 0, start, length);
    this.partialLength = rest;
  }
}

function frameSize(bytes, start) {
  const length = bytes.readUInt32BE(start);
  if (length < HEADER_AFTER_LENGTH || length > MAXIMUM_FRAME_BYTES) {
    throw new FrameError(`a frame of ${length} bytes is outside of ${HEADER_AFTER_LENGTH}…${MAXIMUM_FRAME_BYTES}`);
  }
  return LENGTH_BYTES + length;
}

function grown(bytes, used, size) {
  const larger = Buffer.allocUnsafeSlow(size);
  bytes.copy(larger, 0, 0, used);
  return larger;
}

/**
 * Collects outgoing frames and hands them over as one buffer, so that everything that happens in one
 * turn of the event loop costs one system call. A body is a string, a Buffer, or an array of both.
 */
class FrameWriter {
  constructor(deliver) {
    this.deliver = deliver;
    this.parts = [];
    this.size = 0;
    this.scheduled = false;
    this.flushNow = () => this.flush();
  }

  add(kind, id, body) {
    let bodyBytes;
    if (typeof body === 'string') bodyBytes = Buffer.byteLength(body);
    else if (Array.isArray(body)) bodyBytes = body.reduce((sum, part) => sum + part.length, 0);
    else bodyBytes = body.length;
    if (bodyBytes + HEADER_AFTER_LENGTH > MAXIMUM_FRAME_BYTES) {
      throw new FrameError(`${bodyBytes} bytes are more than a frame holds (${MAXIMUM_FRAME_BYTES})`);
    }
    this.parts.push(kind, id, body, bodyBytes);
    this.size += HEADER_BYTES + bodyBytes;
    if (!this.scheduled) {
      this.scheduled = true;
      // Runs when the promise jobs of this turn are done, hence after all results that are ready now.
      process.nextTick(this.flushNow);
    }
  }

  flush() {
    this.scheduled = false;
    if (this.parts.length === 0) return;
    const parts = this.parts;
    const out = Buffer.allocUnsafe(this.size);
    this.parts = [];
    this.size = 0;
    let at = 0;
    for (let index = 0; index < parts.length; index += 4) {
      at = writeFrame(out, at, parts[index], parts[index + 1], parts[index + 2], parts[index + 3]);
    }
    this.deliver(out);
  }
}

function writeFrame(out, at, kind, id, body, bodyBytes) {
  out.writeUInt32BE(HEADER_AFTER_LENGTH + bodyBytes, at);
  out[at + 4] = kind;
  out.writeUInt32BE(id, at + 5);
  const start = at + HEADER_BYTES;
  if (typeof body === 'string') {
    out.write(body, start);
  } else if (Array.isArray(body)) {
    let partAt = start;
    for (const part of body) {
      part.copy(out, partAt);
      partAt += part.length;
    }
  } else {
    body.copy(out, start);
  }
  return start + bodyBytes;
}

module.exports = { KIND, FrameReader, FrameWriter, FrameError, MAXIMUM_FRAME_BYTES };
