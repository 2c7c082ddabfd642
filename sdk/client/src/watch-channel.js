'use strict';

/**
 * The one WebSocket that all watches of a connection share (docs/api/wire.md, Watch): logs in, keeps the connection alive,
 * comes back when it breaks, and goes on where each watch was.
 */

const { PlatformProblem } = require('../../shared/problems');
const { networkProblem } = require('./transport');
const { Watch, isTemporary } = require('./watch');

const TICK_MILLISECONDS = 5 * 1000;
const PING_MILLISECONDS = 20 * 1000;
const SILENCE_MILLISECONDS = 45 * 1000;
const LOGIN_MILLISECONDS = 15 * 1000;
const FIRST_PAUSE_MILLISECONDS = 500;
const LONGEST_PAUSE_MILLISECONDS = 30 * 1000;
/** A server that has never answered is given up after so many attempts; one that has is waited for. */
const FIRST_ATTEMPTS = 6;
/** A fresh token that is refused again and again will not become better. */
const TOKEN_ATTEMPTS = 3;

class WatchChannel {
  /** `session` and `clock` as the connection has them; `openSocket(url, listener)` is the transport's. */
  constructor({ url, env, session, openSocket, clock }) {
    this.url = url;
    this.env = env;
    this.session = session;
    this.openSocket = openSocket;
    this.clock = clock;
    this.watches = new Set();
    /** Watches by their names on this socket; a name is never used twice. */
    this.named = new Map();
    this.names = 0;
    this.phase = 'idle';
    this.socket = null;
    /** Counts connections: what an earlier one still has to say is nobody's concern. */
    this.generation = 0;
    this.hasWorked = false;
    this.attempts = 0;
    this.refusals = 0;
    this.token = '';
    this.openid = undefined;
    this.cancelPause = null;
    this.cancelTick = null;
  }

  /** Begins a watch; `observer` has `change(snapshot)` and `fail(problem)`. */
  watch(request, decode, observer) {
    const watch = new Watch(this, request, decode, observer);
    this.watches.add(watch);
    if (this.phase === 'idle') this.connect();
    else if (this.phase === 'ready') this.send(watch);
    return { close: () => watch.close() };
  }

  // Connecting

  async connect() {
    this.generation += 1;
    const generation = this.generation;
    this.phase = 'connecting';
    try {
      const token = await this.session.accessToken();
      if (generation !== this.generation) return;
      this.use(token);
      this.open(generation);
    } catch (problem) {
      if (generation !== this.generation) return;
      if (isTemporary(problem)) this.lost(problem);
      else this.failAll(problem);
    }
  }

  /** Another user may see other documents: what the server knows of the one before does not help. */
  use(token) {
    const openid = this.currentOpenid();
    if (openid !== this.openid) for (const watch of this.watches) watch.resume = undefined;
    this.openid = openid;
    this.token = token;
  }

  /** Between two logins there is nobody. */
  currentOpenid() {
    return this.session.tokens === null ? undefined : this.session.tokens.openid;
  }

  open(generation) {
    const isCurrent = () => generation === this.generation;
    this.heardAt = this.clock.now();
    this.pingedAt = this.heardAt;
    this.beganAt = this.heardAt;
    this.tick(generation);
    this.socket = this.openSocket(this.url, {
      open: () => {
        if (isCurrent()) this.login();
      },
      message: (text) => {
        if (isCurrent()) this.receive(text);
      },
      close: (problem) => {
        if (isCurrent()) this.lost(problem);
      },
    });
    // A host may say at once that it cannot connect.
    if (!isCurrent()) this.closeSocket();
  }

  login() {
    this.transmit({ type: 'login', token: this.token, env: this.env });
  }

  /** Sends when the platform lets it; a socket that is closing says so by its own event. */
  transmit(message) {
    if (this.socket !== null) this.socket.send(JSON.stringify(message));
  }

  send(watch) {
    this.names += 1;
    const name = `w${this.names}`;
    watch.name = name;
    this.named.set(name, watch);
    this.transmit(Object.assign({ type: 'watch', watch: name }, watch.request, watch.resume === undefined ? {} : { resume: watch.resume }));
  }

  // Hearing

  receive(text) {
    this.heardAt = this.clock.now();
    const message = parsed(text);
    switch (message.type) {
      case 'ready': return this.ready();
      case 'init': case 'next': return this.told(message);
      case 'closed': return this.released(message.watch);
      case 'error': return this.refused(message);
      default: return undefined;
    }
  }

  ready() {
    this.refusals = 0;
    // A token that was renewed meanwhile is answered in the same way.
    if (this.phase === 'ready') return;
    this.phase = 'ready';
    for (const watch of this.watches) this.send(watch);
  }

  told(message) {
    this.hasWorked = true;
    this.attempts = 0;
    const watch = this.named.get(message.watch);
    if (watch !== undefined) watch.told(message);
  }

  released(name) {
    const watch = this.named.get(name);
    this.named.delete(name);
    if (watch !== undefined) watch.released();
  }

  refused(message) {
    const problem = new PlatformProblem({ status: message.status, code: message.code, detail: message.message, remedy: message.remedy });
    if (message.watch === undefined || problem.status === 401) {
      this.connectionRefused(problem);
      return;
    }
    const watch = this.named.get(message.watch);
    if (watch === undefined) return;
    this.named.delete(message.watch);
    watch.refused(problem);
  }

  async connectionRefused(problem) {
    if (problem.status !== 401) {
      // A renewed login that is another user's is refused with 400; a new connection has no such past.
      if (this.phase === 'ready' && problem.status === 400) this.reconnect();
      else if (isTemporary(problem)) this.lost(problem);
      else this.failAll(problem);
      return;
    }
    this.refusals += 1;
    if (this.refusals >= TOKEN_ATTEMPTS) {
      this.failAll(problem);
      return;
    }
    const { token } = this;
    this.drop();
    const generation = this.generation;
    try {
      await this.session.refused(token, problem.code);
    } catch (failure) {
      if (generation !== this.generation) return;
      if (isTemporary(failure)) this.lost(failure);
      else this.failAll(failure);
      return;
    }
    if (generation === this.generation) this.connect();
  }

  // Staying connected

  tick(generation) {
    this.cancelTick = this.clock.after(TICK_MILLISECONDS, () => {
      if (generation !== this.generation) return;
      const now = this.clock.now();
      if (this.phase !== 'ready' && now - this.beganAt >= LOGIN_MILLISECONDS) {
        this.lost(networkProblem(`The server did not take the connection within ${LOGIN_MILLISECONDS} ms.`, true));
        return;
      }
      // Timers stand still while an app is in the background, so this also finds what broke meanwhile.
      if (now - this.heardAt >= SILENCE_MILLISECONDS) {
        this.lost(networkProblem(`Nothing was heard of the server for ${SILENCE_MILLISECONDS} ms.`, true));
        return;
      }
      if (this.phase === 'ready' && now - this.pingedAt >= PING_MILLISECONDS) {
        this.pingedAt = now;
        this.transmit({ type: 'ping' });
        this.renewLogin(generation);
      }
      this.tick(generation);
    });
  }

  /** Before a token expires the session has another; the server is told of it, so that it does not hang up. */
  async renewLogin(generation) {
    let token;
    try {
      token = await this.session.accessToken();
    } catch (problem) {
      // The present token may still hold; if it does not, the server says so, and what is wrong is found out then.
      return;
    }
    if (generation !== this.generation || token === this.token) return;
    if (this.currentOpenid() !== this.openid) {
      this.reconnect();
    } else {
      this.token = token;
      this.login();
    }
  }

  reconnect() {
    this.drop();
    this.connect();
  }

  /** The connection is gone: after a random pause that grows, there is another. */
  lost(problem) {
    this.drop();
    if (this.watches.size === 0) return;
    this.attempts += 1;
    if (!this.hasWorked && this.attempts >= FIRST_ATTEMPTS) {
      this.failAll(problem);
      return;
    }
    const ceiling = Math.min(LONGEST_PAUSE_MILLISECONDS, FIRST_PAUSE_MILLISECONDS * 2 ** Math.min(this.attempts - 1, 10));
    this.phase = 'waiting';
    this.cancelPause = this.clock.after(this.clock.random() * ceiling, () => {
      this.cancelPause = null;
      this.connect();
    });
  }

  /** Forgets the present connection, and what still comes from it. */
  drop() {
    this.generation += 1;
    this.phase = 'idle';
    if (this.cancelPause !== null) this.cancelPause();
    this.cancelPause = null;
    if (this.cancelTick !== null) this.cancelTick();
    this.cancelTick = null;
    this.closeSocket();
    const named = Array.from(this.named.values());
    this.named.clear();
    for (const watch of named) watch.disconnected();
  }

  closeSocket() {
    const { socket } = this;
    this.socket = null;
    if (socket !== null) socket.close();
  }

  // Ending

  failAll(problem) {
    this.drop();
    this.attempts = 0;
    this.refusals = 0;
    const watches = Array.from(this.watches);
    this.watches.clear();
    for (const watch of watches) watch.fail(problem);
  }

  /** A watch has ended; without any, the connection is not needed. */
  remove(watch) {
    this.watches.delete(watch);
    if (this.watches.size === 0) this.drop();
  }
}

/** Something in between may send what is no message; it is left alone, as an unknown message is. */
function parsed(text) {
  try {
    const message = JSON.parse(text);
    return typeof message === 'object' && message !== null ? message : {};
  } catch (error) {
    console.warn(`The watch got a message that is not JSON: ${error.message}`);
    return {};
  }
}

module.exports = { WatchChannel };
