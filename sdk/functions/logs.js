'use strict';

/**
 * `console.*` and `process.stdout.write` become log frames of the invocation that wrote them. Node's own
 * console does the formatting (groups, tables, timers); this file only receives what it writes.
 */

const DEBUG = 0;
const INFO = 1;
const WARN = 2;
const ERROR = 3;

const LEVEL_OF_METHOD = { debug: DEBUG, log: INFO, info: INFO, warn: WARN, error: ERROR, trace: ERROR, assert: ERROR };

const MAXIMUM_TEXT_BYTES = 64 * 1024;
const MAXIMUM_INVOCATION_BYTES = 1024 * 1024;
const MAXIMUM_INVOCATION_LINES = 5000;
const BACKGROUND_PERIOD_MILLISECONDS = 60 * 1000;

/** How much one invocation has logged. */
class LogBudget {
  constructor() {
    this.bytes = 0;
    this.lines = 0;
    this.closed = false;
  }

  spend(bytes, lines) {
    this.bytes += bytes;
    this.lines += lines;
    return this.bytes <= MAXIMUM_INVOCATION_BYTES && this.lines <= MAXIMUM_INVOCATION_LINES;
  }
}

/** Lines that belong to no invocation share one budget that starts again every minute. */
class BackgroundBudget {
  constructor() {
    this.since = Date.now();
    this.budget = new LogBudget();
  }

  current() {
    const now = Date.now();
    if (now - this.since >= BACKGROUND_PERIOD_MILLISECONDS) {
      this.since = now;
      this.budget = new LogBudget();
    }
    return this.budget;
  }
}

/** `send(invocationId, level, text)` transmits; `currentInvocation()` says whose line it is. */
function createLog(send, currentInvocation) {
  const background = new BackgroundBudget();
  return function log(level, text) {
    const invocation = currentInvocation();
    const budget = invocation === undefined ? background.current() : invocation.logBudget;
    if (budget.closed) return;
    const id = invocation === undefined ? 0 : invocation.id;
    const bytes = Buffer.byteLength(text);
    if (!budget.spend(bytes, countLines(text))) {
      budget.closed = true;
      send(id, WARN, `This invocation logged more than ${MAXIMUM_INVOCATION_LINES} lines or 1 MiB; further lines are dropped.`);
      return;
    }
    if (bytes <= MAXIMUM_TEXT_BYTES) send(id, level, text);
    else for (const piece of pieces(text)) send(id, level, piece);
  };
}

function countLines(text) {
  let lines = 1;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}

/** Cuts at character boundaries, since a frame's text is UTF-8 of its own. */
function* pieces(text) {
  const bytes = Buffer.from(text);
  let start = 0;
  while (start < bytes.length) {
    let end = Math.min(start + MAXIMUM_TEXT_BYTES, bytes.length);
    while (end < bytes.length && (bytes[end] & 0xc0) === 0x80) end -= 1;
    yield bytes.toString('utf8', start, end);
    start = end;
  }
}

/** Puts `log` behind the console and the two standard streams. */
function captureOutput(log) {
  let consoleLevel = null;
  for (const method of Object.keys(LEVEL_OF_METHOD)) {
    const original = console[method];
    const level = LEVEL_OF_METHOD[method];
    console[method] = function consoleMethod(...values) {
      const outer = consoleLevel;
      consoleLevel = level;
      try {
        original.apply(console, values);
      } finally {
        consoleLevel = outer;
      }
    };
  }
  captureStream(process.stdout, INFO, log, () => consoleLevel);
  captureStream(process.stderr, ERROR, log, () => consoleLevel);
}

function captureStream(stream, ownLevel, log, consoleLevel) {
  stream.write = function write(chunk, encoding, callback) {
    const done = typeof encoding === 'function' ? encoding : callback;
    const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
    const level = consoleLevel();
    const line = text.endsWith('\n') ? text.slice(0, -1) : text;
    if (line !== '' || level !== null) log(level === null ? ownLevel : level, line);
    if (typeof done === 'function') process.nextTick(done);
    return true;
  };
}

module.exports = { createLog, captureOutput, LogBudget, ERROR };
