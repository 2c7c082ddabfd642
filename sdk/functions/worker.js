'use strict';

/**
 * A worker: starts generic, becomes one version of one function when the server specialises it, and then
 * serves invocations, several at a time. It talks to the server over file descriptor 0 (see
 * docs/api/worker-protocol.md).
 */

const { AsyncLocalStorage } = require('async_hooks');
const { Readable } = require('stream');
const { openChannel } = require('./channel');
const { describeError } = require('./errors');
const { KIND, FrameError } = require('./frames');
const { loadHandler } = require('./handler');
const { Invocation, FunctionContext, addWechatUser } = require('./invocation');
const { createLog, captureOutput, ERROR } = require('./logs');
const { installResolution, installImportResolution } = require('./modules');
const { createPackages } = require('./sdk/packages');
const { setEnvironment } = require('./environment');

const current = new AsyncLocalStorage();

// Everything that the first frame settles; null while the worker is generic.
let settings = null;
let handler = null;

const channel = openChannel(0, { specialise, invoke });
const log = createLog(channel.log, () => current.getStore());

guardProcess();
captureOutput(log);
channel.send(KIND.ready, 0, JSON.stringify({ node: process.version }));

function specialise(buffer, start, end) {
  if (settings !== null) throw new FrameError('a worker is specialised once');
  settings = JSON.parse(buffer.toString('utf8', start, end));
  settings.versionText = String(settings.version === undefined ? '' : settings.version);
  const began = process.hrtime.bigint();
  loadFunction().then(
    () => {
      const milliseconds = Number(process.hrtime.bigint() - began) / 1e6;
      channel.send(KIND.specialised, 0, JSON.stringify({ ms: Math.round(milliseconds * 100) / 100 }));
    },
    (error) => channel.send(KIND.specialiseFailed, 0, JSON.stringify(describeError(error))),
  );
}

async function loadFunction() {
  setEnvironment(settings);
  process.chdir(settings.code);
  process.mainModule = undefined;
  const layers = settings.layers || [];
  const link = { call: callPlatform, current: () => current.getStore(), settings };
  const packages = createPackages(link);
  installResolution(packages.provided, layers, settings.code);
  const loaded = await loadHandler(settings.code, settings.handler || 'index.main', () => {
    installImportResolution(packages.provided, layers, settings.code);
  });
  handler = loaded.style === 'emas' ? emasHandler(loaded.call, packages) : eventHandler(loaded.call, packages);
}

/** A call of the SDK, in the name of the invocation that makes it (0: code that runs outside of any). */
function callPlatform(method, parameters, attachment) {
  const invocation = current.getStore();
  return channel.call(invocation === undefined ? 0 : invocation.id, method, parameters, attachment);
}

function eventHandler(call, packages) {
  const takesCallback = call.length >= 3;
  return (invocation, event) => {
    const { meta } = invocation;
    if (packages.isWechatCaller(meta)) addWechatUser(event, meta);
    const context = new FunctionContext(meta, settings);
    if (!takesCallback) return call(event, context);
    return callWithCallback(call, event, context);
  };
}

/** The old style `(event, context, callback)`: whatever answers first, the callback or a promise, counts. */
function callWithCallback(call, event, context) {
  return new Promise((resolve, reject) => {
    const answered = call(event, context, (error, value) => (error ? reject(error) : resolve(value)));
    if (answered !== undefined && answered !== null && typeof answered.then === 'function') answered.then(resolve, reject);
  });
}

function emasHandler(call, packages) {
  return (invocation, event) => call(packages.emasContext(invocation.meta, event));
}

function invoke(id, buffer, start, end) {
  const metaStart = start + 2;
  const eventStart = metaStart + buffer.readUInt16BE(start);
  const invocation = new Invocation(id, JSON.parse(buffer.toString('utf8', metaStart, eventStart)));
  let event;
  try {
    event = eventStart === end ? {} : JSON.parse(buffer.toString('utf8', eventStart, end));
  } catch (error) {
    fail(invocation, new TypeError(`The event is not JSON: ${error.message}`));
    return;
  }
  current.run(invocation, run, invocation, event);
}

function run(invocation, event) {
  let answered;
  try {
    if (handler === null) throw new Error('The worker got an invocation before the function was loaded.');
    answered = handler(invocation, event);
  } catch (error) {
    fail(invocation, error);
    return;
  }
  if (answered !== undefined && answered !== null && typeof answered.then === 'function') {
    answered.then(
      (value) => succeed(invocation, value),
      (error) => fail(invocation, error),
    );
  } else {
    succeed(invocation, answered);
  }
}

function succeed(invocation, value) {
  if (invocation.settled) return;
  try {
    const text = JSON.stringify(value);
    channel.send(KIND.result, invocation.id, text === undefined ? '' : text);
    invocation.settled = true;
  } catch (error) {
    const refused = new TypeError(`The function's return value cannot be sent as JSON: ${error.message}`);
    refused.code = error instanceof FrameError ? 'RESULT_TOO_LARGE' : 'RESULT_NOT_JSON';
    fail(invocation, refused);
  }
}

function fail(invocation, error) {
  if (invocation.settled) return;
  invocation.settled = true;
  channel.send(KIND.failed, invocation.id, JSON.stringify(describeError(error)));
}

/** Keeps user code away from the channel and turns its accidents into log lines and a clean end. */
function guardProcess() {
  let leaving = false;
  const leave = (code) => {
    const status = code === undefined ? Number(process.exitCode) || 0 : code;
    if (!leaving) {
      leaving = true;
      process.emit('exit', status);
    }
    channel.leave(status);
    // Still here: the socket is full. The process ends when it has drained; user code must not go on.
    throw new Error('The process is ending because process.exit was called.');
  };
  process.exit = leave;
  process.reallyExit = leave;
  process.abort = () => leave(134);
  const emptyInput = Readable.from([]);
  Object.defineProperty(process, 'stdin', { configurable: true, enumerable: true, get: () => emptyInput });
  process.on('unhandledRejection', (reason) => log(ERROR, `Unhandled rejection: ${stackOf(reason)}`));
  process.on('uncaughtException', (error) => {
    log(ERROR, `Uncaught exception, the worker ends: ${stackOf(error)}`);
    channel.leave(1);
  });
}

function stackOf(thrown) {
  if (typeof thrown === 'object' && thrown !== null && typeof thrown.stack === 'string') return thrown.stack;
  return describeError(thrown).message;
}
