'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Connection } = require('../src/connection');
const { WaitingEvents, placeIn } = require('../src/waiting-room');
const { PlatformProblem } = require('../../shared/problems');

/** A clock that stands still until somebody sleeps. */
class FakeClock {
  constructor() {
    this.time = 1000000;
    this.pauses = [];
    this.onSleep = () => {};
  }

  now() {
    return this.time;
  }

  random() {
    return 0;
  }

  async sleep(milliseconds) {
    this.pauses.push(milliseconds);
    this.time += milliseconds;
    this.onSleep();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A server with a line in which so many stand in front, of whom ten go in each second. */
class LineServer {
  constructor(clock, ahead) {
    Object.assign(this, { clock, ahead, started: clock.now(), requests: [], tickets: 0, isClosed: false, room: 1, stumbles: [] });
    this.passSeconds = 600;
  }

  called() {
    return Math.floor(((this.clock.now() - this.started) / 1000) * 10);
  }

  status() {
    const line = { called: this.called(), drawn: 0, waiting: this.ahead, perSecond: 10, error: 0.1 };
    return {
      phase: this.isClosed ? 'closed' : 'open', room: this.room, now: this.clock.now(),
      poll: { leastMilliseconds: 2000, mostMilliseconds: 20000 }, lines: { general: line, member: line },
    };
  }

  respond(status, body, headers = {}) {
    return { status, headers, text: JSON.stringify(body) };
  }

  async request({ url, method, headers, body }) {
    const path = new URL(url).pathname;
    this.requests.push({ path, method, headers, at: this.clock.now(), body: body && JSON.parse(body) });
    if (this.stumbles.length > 0 && path === '/v1/waiting-room') {
      const stumble = this.stumbles.shift();
      if (stumble instanceof Error) throw stumble;
      return stumble;
    }
    if (path === '/v1/login') return this.respond(200, { accessToken: 'a', refreshToken: 'r', expiresIn: 72000, openid: 'o-1' });
    if (path === '/v1/waiting-room') return this.respond(200, this.status());
    if (path === '/v1/waiting-room/tickets') return this.takeTicket(JSON.parse(body));
    if (path === '/v1/waiting-room/passes') return this.takePass(JSON.parse(body));
    if (this.isClosed || (this.pass !== undefined && headers['x-sampan-pass'] !== undefined)) return this.respond(200, { fine: true });
    return this.respond(503, { status: 503, code: 'WAITING_ROOM', detail: 'A line.' }, { 'retry-after': '2' });
  }

  takeTicket({ ticket }) {
    if (this.isClosed) return this.respond(200, { phase: 'closed' });
    if (!ticket) this.tickets += 1;
    return this.respond(200, { phase: 'open', ticket: ticket || `t-${this.tickets}`, lane: 'general', number: this.ahead, status: this.status() });
  }

  takePass({ pass }) {
    if (!pass && this.called() <= this.ahead) return this.respond(409, { status: 409, code: 'WAITING_TURN_NOT_COME' }, { 'retry-after': '2' });
    this.pass = `p-${this.clock.now()}`;
    return this.respond(200, { phase: 'open', pass: this.pass, passExpires: this.clock.now() + this.passSeconds * 1000 });
  }

  to(path) {
    return this.requests.filter((request) => request.path === path);
  }
}

function memory() {
  const kept = {};
  return { kept, get: (key) => kept[key] || null, set: (key, value) => { kept[key] = value; }, remove: (key) => { delete kept[key]; } };
}

function line(ahead, settings = {}) {
  const clock = new FakeClock();
  const server = new LineServer(clock, ahead);
  const events = new WaitingEvents();
  const heard = [];
  for (const name of ['wait', 'turn', 'error']) events.on(name, (value) => heard.push([name, value]));
  const storage = memory();
  const transport = { request: (options) => server.request(options), storage, credentials: async () => ({ platform: 'anonymous' }) };
  const connect = () => new Connection(Object.assign({ env: 'env-a', endpoint: 'http://x' }, settings), transport, clock, events);
  return { clock, server, events, heard, storage, connect, connection: connect() };
}

test('calls wait for their turn, share one place, and go on with the pass', async () => {
  const { server, connection, heard } = line(300);
  const answers = await Promise.all([1, 2, 3].map(() => connection.invoke('echo', {})));
  assert.deepEqual(answers.map(({ result }) => result), [{ fine: true }, { fine: true }, { fine: true }]);
  assert.equal(server.tickets, 1);
  assert.equal(server.to('/v1/waiting-room/passes').length, 1);
  assert.equal(heard[0][0], 'wait');
  assert.ok(heard[0][1].ahead > 290 && heard[0][1].leastSeconds <= 30 && heard[0][1].mostSeconds >= 30);
  assert.equal(heard[heard.length - 1][0], 'turn');
  const before = server.requests.length;
  await connection.invoke('echo', {});
  assert.equal(server.requests.length, before + 1, 'no line any more');
});

test('nobody asks more often than the server says', async () => {
  const { server, clock, connection } = line(2000);
  await connection.invoke('echo', {});
  const looks = server.to('/v1/waiting-room');
  for (let index = 1; index < looks.length; index += 1) assert.ok(looks[index].at - looks[index - 1].at >= 2000);
  assert.ok(clock.pauses.every((pause) => pause >= 2000 && pause <= 30000), String(clock.pauses));
  assert.ok(looks.length < 30, `${looks.length} looks for 200 seconds`);
  assert.deepEqual(looks[0].headers, {}, 'as anybody would ask, so that a cache can answer');
});

test('a server that stumbles is asked again, later', async () => {
  const { server, clock, heard, connection } = line(100);
  server.stumbles = [
    new PlatformProblem({ code: 'NETWORK' }), { status: 503, headers: { 'retry-after': '9' }, text: '{"status":503,"code":"OVERLOADED"}' },
  ];
  await connection.invoke('echo', {});
  assert.ok(clock.pauses.indexOf(5000) !== -1 && clock.pauses.indexOf(9000) !== -1, String(clock.pauses));
  assert.deepEqual(heard.filter(([name]) => name === 'error').map(([, problem]) => problem.code), ['NETWORK', 'OVERLOADED']);
});

test('a reload keeps the place, and later the pass', async () => {
  const { server, clock, connect, connection, storage } = line(1000);
  let reloaded = null;
  clock.onSleep = () => {
    if (reloaded === null && server.called() > 300) reloaded = connect().invoke('echo', {});
  };
  await connection.invoke('echo', {});
  await reloaded;
  assert.equal(server.tickets, 1, 'the second page shows the first one\'s ticket');
  assert.equal(server.to('/v1/waiting-room/tickets')[1].body.ticket, 't-1');
  clock.onSleep = () => {};
  const before = server.requests.length;
  await connect().invoke('echo', {});
  assert.deepEqual(server.requests.slice(before).map(({ path }) => path), ['/v1/functions/echo']);
  const key = Object.keys(storage.kept).find((name) => name.startsWith('sampan.waiting.'));
  assert.equal(JSON.parse(storage.kept[key]).owner, 'o-1');
});

test('a pass is made longer while it is used', async () => {
  const { server, clock, connection } = line(10);
  await connection.invoke('echo', {});
  clock.time += 400 * 1000;
  await connection.invoke('echo', {});
  await new Promise((resolve) => setImmediate(resolve));
  const renewals = server.to('/v1/waiting-room/passes').filter(({ body }) => body.pass);
  assert.equal(renewals.length, 1);
  clock.time += 400 * 1000;
  await connection.invoke('echo', {});
  assert.equal(server.tickets, 1, 'without standing in line again');
});

test('a line that goes away lets everybody in', async () => {
  const { server, clock, connection, heard } = line(100000);
  clock.onSleep = () => {
    server.isClosed = true;
  };
  await connection.invoke('echo', {});
  assert.equal(heard[heard.length - 1][0], 'turn');
});

test('a line that was opened anew is stood in anew', async () => {
  const { server, clock, connection } = line(300);
  clock.onSleep = () => {
    server.room = 2;
  };
  await connection.invoke('echo', {});
  assert.equal(server.to('/v1/waiting-room/tickets').length, 2);
});

test('a page that does not want to wait hears of the line at once', async () => {
  const { server, heard, connection } = line(300, { waitingRoom: 'fail' });
  await assert.rejects(connection.invoke('echo', {}), { code: 'WAITING_ROOM' });
  assert.equal(server.tickets, 0);
  assert.deepEqual(heard.map(([name]) => name), ['error']);
});

test('whoever leaves waits no longer', async () => {
  const { clock, events, connection, heard } = line(100000);
  clock.onSleep = () => events.leave();
  await assert.rejects(connection.invoke('echo', {}), { code: 'WAITING_LEFT' });
  assert.equal(events.state(), null);
  assert.equal(heard[heard.length - 1][0], 'error');
});

test('a membership goes along, and who listens late is told how it stands', async () => {
  const { server, events, clock, connection } = line(100);
  events.setMembership('m1.x');
  let late = null;
  clock.onSleep = () => events.on('wait', (place) => {
    late = late || place;
  });
  await connection.invoke('echo', {});
  assert.equal(server.to('/v1/waiting-room/tickets')[0].body.membership, 'm1.x');
  assert.ok(late !== null && late.ahead >= 0);
  assert.throws(() => events.on('open', () => {}), TypeError);
});

test('a lot becomes a place when the line opens', () => {
  const status = {
    phase: 'lobby', now: 0, opensAt: 60000, room: 1, poll: { leastMilliseconds: 2000, mostMilliseconds: 20000 },
    lines: { general: { called: 0, drawn: 1000, waiting: 1000, perSecond: 10, error: 0.1 } },
  };
  const ticket = { lane: 'general', lot: 0x80000000 };
  assert.equal(placeIn(status, ticket).ahead, 500);
  assert.equal(placeIn(status, ticket).opensInSeconds, 60);
  assert.ok(placeIn(status, ticket).mostSeconds > 110);
  status.phase = 'open';
  status.lines.general.called = 501;
  assert.equal(placeIn(status, ticket).ahead, -1);
});
