'use strict';

/** The fake server with `/v1/watch`: does what the protocol says unless a test says otherwise, and remembers what it was sent. */

const { FakeServer } = require('./fake-server');
const { accept, FakeWebSocket } = require('./websocket');

const PATIENCE_MILLISECONDS = 5000;

class WatchServer extends FakeServer {
  constructor() {
    super();
    this.connections = [];
    /** What a query answers. */
    this.docs = [];
    this.sequence = 1;
    /** A test's own answer to a message of a client: true when it has answered. */
    this.onMessage = () => false;
  }

  async start() {
    await super.start();
    this.server.on('upgrade', (request, socket, head) => this.upgrade(request, socket, head));
    return this;
  }

  async stop() {
    for (const { peer } of this.connections) peer.socket.destroy();
    await super.stop();
  }

  upgrade(request, socket, head) {
    const connection = { path: request.url, received: [], isOpen: true, peer: accept(request, socket, head) };
    connection.send = (message) => connection.peer.text(JSON.stringify(message));
    connection.peer.onText = (text) => {
      const message = JSON.parse(text);
      connection.received.push(message);
      if (!this.onMessage(message, connection)) this.serveMessage(message, connection);
    };
    connection.peer.onEnd = () => {
      connection.isOpen = false;
    };
    this.connections.push(connection);
    connection.peer.read();
  }

  serveMessage({ type, token, watch }, connection) {
    if (type === 'login') connection.send(this.valid.has(token) ? { type: 'ready' } : failure('TOKEN_EXPIRED', 401));
    if (type === 'watch') connection.send({ type: 'init', watch, docs: this.docs, resume: String(this.sequence) });
    if (type === 'close') connection.send({ type: 'closed', watch });
    if (type === 'ping') connection.send({ type: 'pong' });
  }

  get last() {
    return this.connections[this.connections.length - 1];
  }

  /** The messages of a kind that the last connection, or another, was sent. */
  sent(type, connection = this.last) {
    return connection === undefined ? [] : connection.received.filter((message) => message.type === type);
  }

  /** Tells the last connection's latest watch, or one by its name, of changes. */
  tell(changes, { order, watch = this.sent('watch').at(-1).watch } = {}) {
    this.sequence += 1;
    this.last.send({ type: 'next', watch, changes, ...(order && { order }), resume: String(this.sequence) });
  }
}

function failure(code, status, watch) {
  return { type: 'error', ...(watch && { watch }), code, status, message: `the server says ${code}`, remedy: 'do otherwise' };
}

/** A change as the server writes it. */
function event(queueType, dataType, doc, more) {
  return { queueType, dataType, docId: doc._id, doc, ...more };
}

/** Waits until something is so. */
async function until(condition, what) {
  const began = Date.now();
  while (!condition()) {
    if (Date.now() - began > PATIENCE_MILLISECONDS) throw new Error(`it did not come to it: ${what || condition}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** A listener that keeps what it is told. */
function listener() {
  const told = { snapshots: [], errors: [] };
  return { told, onChange: (snapshot) => told.snapshots.push(snapshot), onError: (error) => told.errors.push(error) };
}

/** A fresh copy of the SDK in WeChat's shapes, connected to a server of its own. */
async function withWatch(body, globals = { WebSocket: FakeWebSocket }) {
  const server = await new WatchServer().start();
  const earlier = Object.keys(globals).map((name) => [name, globalThis[name]]);
  Object.assign(globalThis, globals);
  delete require.cache[require.resolve('../sampan')];
  const cloud = require('../sampan');
  try {
    cloud.init({ env: 'env-a', endpoint: server.endpoint });
    await body(server, cloud.database(), cloud);
  } finally {
    await server.stop();
    for (const [name, value] of earlier) {
      if (value === undefined) delete globalThis[name];
      else globalThis[name] = value;
    }
  }
}

module.exports = { WatchServer, withWatch, failure, event, until, listener };
