'use strict';

/** Plays the server for one worker: starts `node worker.js` on a socket and speaks frames with it. */

const { spawn } = require('child_process');
const fs = require('fs');
const net = require('net');
const os = require('os');
const path = require('path');
const { KIND, FrameReader, FrameWriter } = require('../frames');

// A frame that does not come in this time does not come at all.
const PATIENCE_MILLISECONDS = 20000;

const WORKER = path.join(__dirname, '..', 'worker.js');

class WorkerHarness {
  /** `socket` is the server's end; `workerEnd` becomes the worker's file descriptor 0. */
  constructor(socket, workerEnd) {
    this.frames = [];
    this.waiters = [];
    this.answers = new Map();
    this.output = '';
    this.socket = socket;
    this.writer = new FrameWriter((bytes) => socket.write(bytes));
    const reader = new FrameReader((kind, id, buffer, start, end) => this.receive(kind, id, Buffer.from(buffer.subarray(start, end))));
    socket.on('data', (chunk) => reader.push(chunk, chunk.length));
    socket.on('error', () => socket.destroy());
    this.child = spawn(process.execPath, [WORKER], { stdio: [workerEnd, 'pipe', 'pipe'], env: { PATH: process.env.PATH } });
    for (const stream of [this.child.stdout, this.child.stderr]) stream.on('data', (chunk) => (this.output += chunk));
    this.exited = new Promise((resolve) => this.child.on('exit', (code, signal) => {
      this.waiters.forEach((waiter) => waiter.reject(new Error(`the worker ended with ${code === null ? signal : code}: ${this.output}`)));
      resolve({ code, signal });
    }));
  }

  static async start() {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sampan-socket-'));
    const server = net.createServer({ pauseOnConnect: false });
    await new Promise((resolve) => server.listen(path.join(folder, 's'), resolve));
    const accepted = new Promise((resolve) => server.once('connection', resolve));
    const workerEnd = net.connect({ path: path.join(folder, 's') });
    workerEnd.pause();
    await new Promise((resolve) => workerEnd.once('connect', resolve));
    const harness = new WorkerHarness(await accepted, workerEnd);
    workerEnd.destroy();
    server.close();
    fs.rmSync(folder, { recursive: true, force: true });
    return harness;
  }

  receive(kind, id, body) {
    const frame = { kind, id, body, text: body.toString('utf8') };
    this.frames.push(frame);
    if (kind === KIND.call) this.answerCall(frame);
    this.waiters = this.waiters.filter((waiter) => {
      if (!waiter.matches(frame)) return true;
      waiter.resolve(frame);
      return false;
    });
  }

  /** `answer(method, fn)`: fn(parameters, call) → a value (sent as JSON), a Buffer (raw), or throws a problem object. */
  answer(method, respond) {
    this.answers.set(method, respond);
  }

  async answerCall(frame) {
    const call = parseCall(frame);
    frame.call = call;
    const respond = this.answers.get(call.method);
    if (respond === undefined) return;
    try {
      const value = await respond(call.parameters, call);
      this.send(KIND.reply, frame.id, Buffer.isBuffer(value) ? value : value === undefined ? '' : JSON.stringify(value));
    } catch (problem) {
      if (problem instanceof Error) throw problem;
      this.send(KIND.replyError, frame.id, JSON.stringify(problem));
    }
  }

  send(kind, id, body) {
    this.writer.add(kind, id, body);
  }

  /** The first frame, past or future, that matches. */
  next(matches) {
    const seen = this.frames.find(matches);
    if (seen !== undefined) return Promise.resolve(seen);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no such frame within ${PATIENCE_MILLISECONDS} ms`)), PATIENCE_MILLISECONDS);
      const settle = (answer) => (value) => {
        clearTimeout(timer);
        answer(value);
      };
      this.waiters.push({ matches, resolve: settle(resolve), reject: settle(reject) });
    });
  }

  async specialise(files, settings = {}) {
    this.code = fs.mkdtempSync(path.join(os.tmpdir(), 'sampan-function-'));
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(this.code, name);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, text);
    }
    const full = {
      code: this.code, handler: 'index.main', environment: {}, env: 'env-test', function: 'pay', version: 3,
      timeoutMs: 20000, memoryMB: 512, concurrency: 16, layers: [], ...settings,
    };
    this.send(KIND.specialise, 0, JSON.stringify(full));
    return this.next((frame) => frame.kind === KIND.specialised || frame.kind === KIND.specialiseFailed);
  }

  /** Sends an invocation and waits for its end. */
  async invoke(id, event, meta = {}) {
    this.sendInvoke(id, event, meta);
    return this.next((frame) => frame.id === id && (frame.kind === KIND.result || frame.kind === KIND.failed));
  }

  sendInvoke(id, event, meta = {}) {
    const metaBytes = Buffer.from(JSON.stringify({ requestId: `r-${id}`, env: 'env-test', source: 'client', ...meta }));
    const length = Buffer.alloc(2);
    length.writeUInt16BE(metaBytes.length, 0);
    const eventBytes = Buffer.from(event === undefined ? '' : JSON.stringify(event));
    this.send(KIND.invoke, id, [length, metaBytes, eventBytes]);
  }

  /** The invocation's return value; throws what the function threw. */
  async run(id, event, meta) {
    const frame = await this.invoke(id, event, meta);
    if (frame.kind === KIND.failed) throw Object.assign(new Error(frame.text), { failure: JSON.parse(frame.text) });
    return frame.text === '' ? undefined : JSON.parse(frame.text);
  }

  logs(id) {
    return this.frames
      .filter((frame) => frame.kind === KIND.log && frame.id === id)
      .map((frame) => ({ level: frame.body[0], text: frame.body.toString('utf8', 1), bytes: frame.body.length - 1 }));
  }

  calls(method) {
    return this.frames.filter((frame) => frame.kind === KIND.call && frame.call.method === method).map((frame) => frame.call);
  }

  async stop() {
    this.socket.destroy();
    await this.exited;
    if (this.code) fs.rmSync(this.code, { recursive: true, force: true });
  }
}

function parseCall({ body }) {
  const methodEnd = 5 + body[4];
  const jsonStart = methodEnd + 4;
  const jsonEnd = jsonStart + body.readUInt32BE(methodEnd);
  return {
    invocation: body.readUInt32BE(0),
    method: body.toString('utf8', 5, methodEnd),
    parameters: JSON.parse(body.toString('utf8', jsonStart, jsonEnd)),
    attachment: body.subarray(jsonEnd),
  };
}

module.exports = { WorkerHarness, KIND, WORKER };
