'use strict';

/**
 * The socket between the worker and the server: sends frames, hands incoming frames to the worker and
 * matches the answers of calls. The socket lives in this closure only, out of reach of user code.
 */

const net = require('net');
const { KIND, FrameReader, FrameWriter, FrameError } = require('./frames');
const { PlatformProblem } = require('../shared/problems');

const READ_BUFFER_BYTES = 256 * 1024;
const EXIT_PROTOCOL_ERROR = 70;
const EXIT_FLUSH_MILLISECONDS = 2000;

/** Opens the channel on `fd`. `handlers` has `specialise(buffer, start, end)` and `invoke(id, buffer, start, end)`. */
function openChannel(fd, handlers) {
  const exit = process.reallyExit.bind(process);
  const waiting = new Map();
  let nextCall = 1;

  const reader = new FrameReader((kind, id, buffer, start, end) => {
    if (kind === KIND.invoke) handlers.invoke(id, buffer, start, end);
    else if (kind === KIND.reply) settle(id, 'resolve', Buffer.from(buffer.subarray(start, end)));
    else if (kind === KIND.replyError) settle(id, 'reject', parseProblem(buffer.toString('utf8', start, end)));
    else if (kind === KIND.specialise) handlers.specialise(buffer, start, end);
    else throw new FrameError(`frames of kind ${kind} are not for workers`);
  });

  const socket = new net.Socket({
    fd,
    readable: true,
    writable: true,
    onread: { buffer: Buffer.allocUnsafeSlow(READ_BUFFER_BYTES), callback: receive },
  });
  const writer = new FrameWriter((bytes) => socket.write(bytes));

  socket.on('error', () => exit(0));
  socket.on('end', () => exit(0));
  socket.on('close', () => exit(0));

  function receive(length, buffer) {
    try {
      reader.push(buffer, length);
    } catch (error) {
      leaveBecauseOfProtocol(error);
      return false;
    }
    return true;
  }

  function leaveBecauseOfProtocol(error) {
    writer.add(KIND.log, 0, logBody(3, `The worker got a frame that it cannot read and ends: ${error.message}`));
    leave(EXIT_PROTOCOL_ERROR);
  }

  function settle(id, how, value) {
    const call = waiting.get(id);
    if (call === undefined) throw new FrameError(`there is no call ${id}`);
    waiting.delete(id);
    call[how](value);
  }

  function call(invocation, method, parameters, attachment) {
    const id = nextCall;
    nextCall = nextCall === 0xffffffff ? 1 : nextCall + 1;
    const body = callBody(invocation, method, JSON.stringify(parameters), attachment);
    return new Promise((resolve, reject) => {
      writer.add(KIND.call, id, body);
      waiting.set(id, { resolve, reject });
    });
  }

  /** Sends what is waiting and ends the process; answers only when something must still drain. */
  function leave(code) {
    writer.flush();
    if (socket.writableLength === 0) exit(code);
    setTimeout(() => exit(code), EXIT_FLUSH_MILLISECONDS);
    socket.write(Buffer.alloc(0), () => exit(code));
  }

  return {
    call,
    leave,
    send: (kind, id, body) => writer.add(kind, id, body),
    log: (invocation, level, text) => writer.add(KIND.log, invocation, logBody(level, text)),
  };
}

function callBody(invocation, method, json, attachment) {
  const methodBytes = Buffer.byteLength(method);
  const jsonBytes = Buffer.byteLength(json);
  const head = Buffer.allocUnsafe(9 + methodBytes + jsonBytes);
  head.writeUInt32BE(invocation, 0);
  head[4] = methodBytes;
  head.write(method, 5);
  head.writeUInt32BE(jsonBytes, 5 + methodBytes);
  head.write(json, 9 + methodBytes);
  return attachment === undefined ? head : [head, attachment];
}

function logBody(level, text) {
  const body = Buffer.allocUnsafe(1 + Buffer.byteLength(text));
  body[0] = level;
  body.write(text, 1);
  return body;
}

function parseProblem(text) {
  let problem;
  try {
    problem = JSON.parse(text);
  } catch (error) {
    throw new FrameError(`an error answer is not JSON: ${error.message}`);
  }
  return new PlatformProblem(problem);
}

module.exports = { openChannel };
