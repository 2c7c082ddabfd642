'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { WatchChannel } = require('../src/watch-channel');
const { PlatformProblem } = require('../../shared/problems');

/** A clock that a test moves by hand. */
class ManualClock {
  constructor() {
    this.time = 0;
    this.timers = [];
    this.random = () => 1;
    this.now = () => this.time;
    this.after = (milliseconds, work) => {
      const timer = { at: this.time + milliseconds, work };
      this.timers.push(timer);
      return () => {
        this.timers = this.timers.filter((one) => one !== timer);
      };
    };
  }

  /** Lets the time pass, and what was promised meanwhile happen. */
  async pass(milliseconds) {
    await settled();
    const end = this.time + milliseconds;
    for (;;) {
      const due = this.timers.filter(({ at }) => at <= end).sort((one, other) => one.at - other.at)[0];
      if (due === undefined) break;
      this.timers = this.timers.filter((one) => one !== due);
      this.time = due.at;
      due.work();
      await settled();
    }
    this.time = end;
    await settled();
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A channel with a session, a clock and sockets that the test plays. */
function play({ answers = true } = {}) {
  const clock = new ManualClock();
  const sockets = [];
  const session = {
    tokens: { openid: 'o-1' }, token: 't-1', refusals: [], failure: null,
    async accessToken() {
      if (session.failure !== null) throw session.failure;
      return session.token;
    },
    async refused(token, code) {
      session.refusals.push([token, code]);
      session.token = `${token}+`;
    },
  };
  const openSocket = (url, listener) => {
    const socket = {
      url, listener, sent: [], isOpen: true, at: clock.now(),
      send: (text) => {
        const message = JSON.parse(text);
        socket.sent.push(message);
        if (answers && message.type === 'login') socket.tell({ type: 'ready' });
        if (answers && message.type === 'watch') socket.tell({ type: 'init', watch: message.watch, docs: [], resume: '1' });
      },
      close: () => {
        socket.isOpen = false;
      },
      tell: (message) => listener.message(JSON.stringify(message)),
      kinds: () => socket.sent.map(({ type }) => type),
    };
    sockets.push(socket);
    return socket;
  };
  const channel = new WatchChannel({ url: 'wss://x/v1/watch', env: 'env-a', session, openSocket, clock });
  const told = { snapshots: [], problems: [] };
  const observer = { change: (snapshot) => told.snapshots.push(snapshot), fail: (problem) => told.problems.push(problem) };
  const watcher = channel.watch({ collection: 'c' }, (value) => value, observer);
  return { clock, sockets, session, channel, told, watcher };
}

async function begun(options) {
  const scene = play(options);
  await settled();
  scene.sockets[0].listener.open();
  return scene;
}

const network = () => new PlatformProblem({ status: 0, code: 'NETWORK', detail: 'gone' });

test('a ping every 20 s; answers keep the connection', async () => {
  const { clock, sockets: [socket], watcher } = await begun();
  for (let round = 1; round <= 9; round += 1) {
    await clock.pass(20 * 1000);
    assert.equal(socket.kinds().filter((kind) => kind === 'ping').length, round);
    socket.tell({ type: 'pong' });
  }
  assert.equal(socket.isOpen, true);
  await watcher.close();
  assert.equal(socket.isOpen, false);
  assert.deepEqual(clock.timers, [], 'nothing keeps the program running');
});

test('45 s of silence are a broken connection', async () => {
  const { clock, sockets, told, watcher } = await begun();
  await clock.pass(44 * 1000);
  assert.equal(sockets[0].isOpen, true);
  await clock.pass(1 * 1000);
  assert.equal(sockets[0].isOpen, false);
  await clock.pass(500);
  assert.equal(sockets.length, 2);
  sockets[1].listener.open();
  assert.deepEqual(sockets[1].sent[1], { type: 'watch', watch: 'w2', collection: 'c', resume: '1' });
  // What the dead connection still says is not listened to.
  sockets[0].tell({ type: 'next', watch: 'w1', changes: [{ queueType: 'enqueue', dataType: 'add', docId: 'a', doc: { _id: 'a' } }], resume: '2' });
  sockets[0].listener.close(network());
  await clock.pass(1000);
  assert.deepEqual([sockets.length, told.snapshots.length, told.problems.length], [2, 1, 0]);
  await watcher.close();
});

test('a server that does not take the connection is tried again, with growing pauses, six times', async () => {
  const { clock, sockets, told } = play();
  await clock.pass(10 * 60 * 1000);
  assert.equal(sockets.length, 6);
  // Each attempt takes 15 s until it is given up.
  assert.deepEqual(sockets.slice(1).map(({ at }, index) => at - sockets[index].at - 15000), [500, 1000, 2000, 4000, 8000]);
  assert.deepEqual([told.problems.length, told.problems[0].code], [1, 'TIMEOUT']);
  assert.deepEqual(clock.timers, []);
});

test('a server that has worked is waited for, at most 30 s between attempts', async () => {
  const { clock, sockets, told, watcher } = await begun();
  sockets[0].listener.close(network());
  for (let attempt = 0; attempt < 20; attempt += 1) {
    await clock.pass(30 * 1000);
    const socket = sockets[sockets.length - 1];
    if (socket.isOpen) socket.listener.close(network());
  }
  assert.ok(sockets.length > 15);
  assert.ok(sockets.slice(2).every(({ at }, index) => at - sockets[index + 1].at <= 60 * 1000));
  assert.equal(told.problems.length, 0);
  await clock.pass(30 * 1000);
  const socket = sockets[sockets.length - 1];
  socket.listener.open();
  assert.deepEqual([socket.kinds(), told.snapshots.length], [['login', 'watch'], 1]);
  await watcher.close();
});

test('pauses are random', async () => {
  const { clock, sockets, watcher } = await begun();
  clock.random = () => 0.5;
  sockets[0].listener.close(network());
  await clock.pass(249);
  assert.equal(sockets.length, 1);
  await clock.pass(1);
  assert.equal(sockets.length, 2);
  await watcher.close();
});

test('a token that the session has renewed is told on the same connection', async () => {
  const { clock, sockets, session, told, watcher } = await begun();
  session.token = 't-2';
  await clock.pass(20 * 1000);
  assert.deepEqual(sockets[0].sent.slice(-2), [{ type: 'ping' }, { type: 'login', token: 't-2', env: 'env-a' }]);
  assert.deepEqual([sockets.length, sockets[0].kinds().filter((kind) => kind === 'watch').length, told.snapshots.length], [1, 1, 1]);
  // Not being able to renew it now is no reason to stop.
  session.failure = network();
  await clock.pass(20 * 1000);
  assert.equal(sockets[0].isOpen, true);
  session.failure = null;
  // The session is another user's: the server would refuse it here.
  session.token = 't-3';
  session.tokens = { openid: 'o-2' };
  sockets[0].tell({ type: 'pong' });
  await clock.pass(20 * 1000);
  assert.equal(sockets.length, 2);
  sockets[1].listener.open();
  assert.deepEqual(sockets[1].sent, [{ type: 'login', token: 't-3', env: 'env-a' }, { type: 'watch', watch: 'w2', collection: 'c' }]);
  await watcher.close();
});

test('a login that the server takes for another user\'s is made anew on another connection', async () => {
  const { sockets, told, watcher } = await begun();
  sockets[0].tell({ type: 'error', code: 'BAD_MEMBER', status: 400, message: 'that of the same user' });
  await settled();
  assert.deepEqual([sockets.length, sockets[0].isOpen, told.problems.length], [2, false, 0]);
  await watcher.close();
});

test('a failing login: what passes is tried again, what does not ends the watch', async () => {
  const scene = play();
  scene.session.failure = network();
  await scene.clock.pass(600);
  scene.session.failure = null;
  await scene.clock.pass(1000);
  assert.equal(scene.sockets.length, 1);
  scene.session.failure = new PlatformProblem({ status: 403, code: 'ENVIRONMENT_SUSPENDED' });
  scene.sockets[0].listener.close(network());
  await scene.clock.pass(2000);
  assert.deepEqual(scene.told.problems.map(({ code }) => code), ['ENVIRONMENT_SUSPENDED']);
});

test('a session that cannot be renewed ends the watch; the network alone does not', async () => {
  const { clock, sockets, session, told } = await begun();
  session.refused = async () => {
    throw network();
  };
  sockets[0].tell({ type: 'error', code: 'TOKEN_EXPIRED', status: 401, message: 'expired' });
  await clock.pass(500);
  assert.equal(sockets.length, 2);
  sockets[1].listener.open();
  session.refused = async () => {
    throw new PlatformProblem({ status: 401, code: 'LOGIN_REFUSED' });
  };
  sockets[1].tell({ type: 'error', code: 'TOKEN_EXPIRED', status: 401, message: 'expired' });
  await settled();
  assert.deepEqual(told.problems.map(({ code }) => code), ['LOGIN_REFUSED']);
});

test('a watch that fails for a while is asked again, with growing pauses, five times', async () => {
  const { clock, sockets: [socket], told } = await begun({ answers: false });
  socket.tell({ type: 'ready' });
  const times = [];
  for (let attempt = 1; attempt <= 6; attempt += 1) {
    times.push(clock.now());
    const { watch } = socket.sent.filter(({ type }) => type === 'watch')[attempt - 1];
    socket.tell({ type: 'error', watch, code: 'DATABASE_BUSY', status: 503, message: 'busy' });
    socket.tell({ type: 'closed', watch });
    const asked = () => socket.kinds().filter((kind) => kind === 'watch').length;
    while (attempt < 6 && asked() === attempt) await clock.pass(100);
  }
  assert.deepEqual(times.slice(1).map((time, index) => time - times[index]), [1000, 2000, 4000, 8000, 16000]);
  assert.deepEqual(told.problems.map(({ code }) => code), ['DATABASE_BUSY']);
});

test('closing waits for the server, five seconds at most', async () => {
  const { clock, channel, sockets: [socket], watcher } = await begun();
  const other = channel.watch({ collection: 'd' }, (value) => value, { change() {}, fail() {} });
  let closed = false;
  watcher.close().then(() => {
    closed = true;
  });
  await settled();
  assert.deepEqual([closed, socket.sent.at(-1)], [false, { type: 'close', watch: 'w1' }]);
  await clock.pass(5000);
  assert.equal(closed, true);
  await other.close();
  assert.equal(socket.isOpen, false);
});

test('a platform that cannot connect at once is treated as a broken connection', async () => {
  const scene = play();
  let attempts = 0;
  scene.channel.openSocket = (url, listener) => {
    attempts += 1;
    listener.close(network());
    return { send() {}, close() {} };
  };
  await scene.clock.pass(60 * 1000);
  assert.deepEqual([attempts, scene.told.problems.map(({ code }) => code)], [6, ['NETWORK']]);
});
